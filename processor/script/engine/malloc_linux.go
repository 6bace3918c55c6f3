//go:build amd64 || arm64

package engine

import (
	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

// The engine's allocator is the heap: the state that it hands over holds the heap's address, and keeps the sums that decide
// when garbage is collected.

func heapOf(state uintptr) (heap, *lib.TJSMallocState) {
	s := at[lib.TJSMallocState](state)
	return heapAt(s.Fopaque), s
}

func jsMalloc(_ *libc.TLS, state uintptr, n lib.Tsize_t) uintptr {
	h, s := heapOf(state)
	p := h.malloc(uintptr(n))
	if p != 0 {
		s.Fmalloc_count++
		s.Fmalloc_size += lib.Tsize_t(size(p)) + 8
	}
	return p
}

func jsFree(_ *libc.TLS, state, p uintptr) {
	if p == 0 {
		return
	}
	h, s := heapOf(state)
	s.Fmalloc_count--
	s.Fmalloc_size -= lib.Tsize_t(size(p)) + 8
	h.free(p)
}

func jsRealloc(tls *libc.TLS, state, p uintptr, n lib.Tsize_t) uintptr {
	switch {
	case p == 0 && n == 0:
		return 0
	case p == 0:
		return jsMalloc(tls, state, n)
	case n == 0:
		jsFree(tls, state, p)
		return 0
	}
	h, s := heapOf(state)
	before := size(p)
	q := h.realloc(p, uintptr(n))
	if q != 0 {
		s.Fmalloc_size += lib.Tsize_t(size(q)) - lib.Tsize_t(before)
	}
	return q
}

func jsUsableSize(_ *libc.TLS, p uintptr) lib.Tsize_t {
	if p == 0 {
		return 0
	}
	return lib.Tsize_t(size(p))
}
