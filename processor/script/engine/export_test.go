//go:build linux && (amd64 || arm64)

package engine

import "unsafe"

// Heap shows the allocator to its tests.
type Heap struct{ h *heap }

func NewHeap(bytes int64) (Heap, error) {
	h, err := newHeap(bytes)
	return Heap{h}, err
}

func (h Heap) Malloc(n uintptr) uintptr          { return h.h.malloc(n) }
func (h Heap) Realloc(p, n uintptr) uintptr      { return h.h.realloc(p, n) }
func (h Heap) Free(p uintptr)                    { h.h.free(p) }
func (h Heap) Top() uintptr                      { return h.h.top() }
func (h Heap) Image() []byte                     { return h.h.image() }
func (h Heap) Restore(image []byte)              { h.h.restore(image) }
func (h Heap) Close()                            { h.h.close() }
func (h Heap) Bytes(p uintptr, n uintptr) []byte { return unsafe.Slice(at[byte](p), n) }

// FreeBlocks are the sizes of the blocks in the lists.
func (h Heap) FreeBlocks() (all []uintptr) {
	for _, p := range h.h.c.heads {
		for ; p != 0; p = linksOf(p).next {
			all = append(all, size(p))
		}
	}
	return all
}

// HeapImage is a copy of all memory that is in use.
func (v *VM) HeapImage() []byte { return v.heap.image() }
