//go:build amd64 || arm64

package engine

import (
	"errors"
	"fmt"
	"math/bits"
	"unsafe"

	"golang.org/x/sys/unix"
)

// heap is an allocator within one block of memory. All that it knows of itself lies at the block's beginning, so that a
// copy of the block up to its top is a copy of everything, and the same requests always give the same addresses.
//
// Free blocks stand in lists by size class (sixteen to each power of two); a request takes the first block of the
// first class whose every block is large enough. Neighbours that are free are joined at once. The last free block of the
// memory, the rest, is in no list and is cut from only when nothing else fits, so that what is used stays together.
//
// Addresses that it gives are 16-aligned; before each stands a word with the block's size (8 more than a multiple of 16)
// and two flags. The last word of a free block holds its address, for the neighbour above it to find.
type heap struct {
	base, end uintptr
	c         *heapControl
}

const (
	free      = 1 // the block is free
	afterFree = 2 // the block before it is
	flags     = free | afterFree

	classesPerSize = 16
	sizes          = 28 // up to 2^32
	minBlock       = 24
)

type heapControl struct {
	heads [sizes * classesPerSize]uintptr
	// used tells for each power of two which of its classes have blocks.
	used [sizes]uint16
	// some has a bit for each power of two with a block.
	some uint32
	// rest is the address of the last block, which is free; its header is always in place.
	rest uintptr
	// refused counts the requests that could not be met.
	refused uint64
	// counter is set to zero by the first of them, where it is the address of an int32.
	counter uintptr
	end     uintptr
}

type links struct{ next, prev uintptr }

// at gives what lies at an address of the heap, which Go's collector neither knows nor moves.
func at[T any](p uintptr) *T { return *(**T)(unsafe.Pointer(&p)) }

func header(p uintptr) *uintptr  { return at[uintptr](p - 8) }
func size(p uintptr) uintptr     { return *header(p) &^ flags }
func after(p uintptr) uintptr    { return p + size(p) + 8 }
func linksOf(p uintptr) *links   { return at[links](p) }
func footer(p uintptr) *uintptr  { return at[uintptr](after(p) - 16) }
func below(p uintptr) uintptr    { return *at[uintptr](p - 16) }
func isFree(p uintptr) bool      { return *header(p)&free != 0 }
func followsFree(p uintptr) bool { return *header(p)&afterFree != 0 }

// newHeap takes memory of the system; bytes is rounded up to pages.
func newHeap(bytes int64) (*heap, error) {
	page := int64(unix.Getpagesize())
	bytes = (bytes + page - 1) / page * page
	if bytes < 1<<16 || bytes > 1<<31 {
		return nil, errors.New("the size of a heap must be between 64 KiB and 2 GiB")
	}
	memory, err := unix.Mmap(-1, 0, int(bytes), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE|unix.MAP_NORESERVE)
	if err != nil {
		return nil, fmt.Errorf("map a heap: %w", err)
	}
	h := &heap{base: uintptr(unsafe.Pointer(&memory[0]))}
	h.end = h.base + uintptr(len(memory))
	h.c = at[heapControl](h.base)
	h.c.end = h.end
	h.c.rest = (h.base+unsafe.Sizeof(heapControl{})+8+15)&^15 + 16
	h.setRest(h.c.rest)
	return h, nil
}

// heapAt is the heap that begins at an address.
func heapAt(base uintptr) heap {
	c := at[heapControl](base)
	return heap{base, c.end, c}
}

func (h *heap) close() {
	_ = unix.Munmap(unsafe.Slice(at[byte](h.base), h.end-h.base))
}

// setRest makes all from p on the rest. The block before it is in use, or there is none.
func (h *heap) setRest(p uintptr) {
	h.c.rest = p
	*header(p) = (h.end - p - 8) | free
}

// top is the end of what is used, the rest's header included.
func (h *heap) top() uintptr { return h.c.rest }

// class is the class that blocks of a size stand in: by the size's highest bit, and the four after it.
func class(n uintptr) int {
	n -= 8 // a multiple of 16
	e := bits.Len64(uint64(n)) - 5
	return e*classesPerSize + int(n>>e)&(classesPerSize-1)
}

func (h *heap) insert(p uintptr) {
	k := class(size(p))
	head := h.c.heads[k]
	*linksOf(p) = links{next: head}
	if head != 0 {
		linksOf(head).prev = p
	}
	h.c.heads[k] = p
	h.c.used[k/classesPerSize] |= 1 << (k % classesPerSize)
	h.c.some |= 1 << (k / classesPerSize)
	*header(p) |= free
	*footer(p) = p
	*header(after(p)) |= afterFree
}

func (h *heap) remove(p uintptr) {
	l := *linksOf(p)
	if l.next != 0 {
		linksOf(l.next).prev = l.prev
	}
	if l.prev != 0 {
		linksOf(l.prev).next = l.next
	} else {
		k := class(size(p))
		h.c.heads[k] = l.next
		if l.next == 0 {
			if h.c.used[k/classesPerSize] &^= 1 << (k % classesPerSize); h.c.used[k/classesPerSize] == 0 {
				h.c.some &^= 1 << (k / classesPerSize)
			}
		}
	}
	*header(p) &^= free
	*header(after(p)) &^= afterFree
}

// find gives a free block of at least n bytes from the lists, or 0.
func (h *heap) find(n uintptr) uintptr {
	k := class(n)
	if e := k / classesPerSize; (n-8)&(1<<e-1) != 0 {
		k++ // blocks of n's own class may be smaller than n
	}
	e := k / classesPerSize
	if e >= sizes {
		return 0
	}
	in := h.c.used[e] >> (k % classesPerSize) << (k % classesPerSize)
	if in == 0 {
		above := h.c.some >> (e + 1) << (e + 1)
		if above == 0 {
			return 0
		}
		e = bits.TrailingZeros32(above)
		in = h.c.used[e]
	}
	return h.c.heads[e*classesPerSize+bits.TrailingZeros16(in)]
}

func rounded(n uintptr) uintptr { return max((n+8+15)&^15-8, minBlock) }

func (h *heap) refuse() uintptr {
	h.c.refused++
	if h.c.counter != 0 {
		*at[int32](h.c.counter) = 0
	}
	return 0
}

// malloc gives n bytes, or 0.
func (h *heap) malloc(n uintptr) uintptr {
	if n > h.end-h.base {
		return h.refuse()
	}
	n = rounded(n)
	if p := h.find(n); p != 0 {
		h.remove(p)
		h.cut(p, n)
		return p
	}
	p := h.c.rest
	if n+8+minBlock > size(p) {
		return h.refuse()
	}
	*header(p) = n
	h.setRest(after(p))
	return p
}

// cut frees what of a used block lies beyond n bytes.
func (h *heap) cut(p, n uintptr) {
	if size(p) < n+8+minBlock {
		return
	}
	tail := p + n + 8
	*header(tail) = size(p) - n - 8
	*header(p) = n | *header(p)&flags
	h.free(tail)
}

func (h *heap) free(p uintptr) {
	if followsFree(p) {
		b := below(p)
		h.remove(b)
		*header(b) += size(p) + 8
		p = b
	}
	if next := after(p); next == h.c.rest {
		h.setRest(p)
		return
	} else if isFree(next) {
		h.remove(next)
		*header(p) += size(next) + 8
	}
	h.insert(p)
}

// realloc gives n bytes that begin with what p held, or 0, and p is as it was.
func (h *heap) realloc(p, n uintptr) uintptr {
	if n > h.end-h.base {
		return h.refuse()
	}
	n = rounded(n)
	if n <= size(p) {
		h.cut(p, n)
		return p
	}
	switch next := after(p); {
	case next == h.c.rest:
		if n+8+minBlock <= size(p)+8+size(next) {
			*header(p) = n | *header(p)&flags
			h.setRest(after(p))
			return p
		}
	case isFree(next) && size(p)+8+size(next) >= n:
		h.remove(next)
		*header(p) += size(next) + 8
		h.cut(p, n)
		return p
	}
	q := h.malloc(n)
	if q == 0 {
		return 0
	}
	copy(unsafe.Slice(at[byte](q), size(p)), unsafe.Slice(at[byte](p), size(p)))
	h.free(p)
	return q
}

// image is a copy of the heap up to its top.
func (h *heap) image() []byte {
	b := make([]byte, h.top()-h.base)
	copy(b, unsafe.Slice(at[byte](h.base), len(b)))
	return b
}

func (h *heap) restore(image []byte) {
	copy(unsafe.Slice(at[byte](h.base), len(image)), image)
}
