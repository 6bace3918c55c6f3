//go:build linux && (amd64 || arm64)

package engine_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/processor/script/engine"
)

// Random requests: no two blocks overlap, none loses its bytes, and freed memory comes together again.
func TestHeapKeepsBlocksApart(t *testing.T) {
	t.Parallel()
	h, err := engine.NewHeap(4 << 20)
	require.NoError(t, err)
	defer h.Close()
	type block struct {
		p    uintptr
		fill byte
		n    uintptr
	}
	random := rand.New(rand.NewPCG(1, 2))
	var blocks []block
	check := func(b block) {
		require.Zero(t, b.p%16)
		require.True(t, bytes.Equal(h.Bytes(b.p, b.n), bytes.Repeat([]byte{b.fill}, int(b.n))), "a block of %d bytes", b.n)
	}
	top := h.Top()
	refused := 0
	for i := range 100_000 {
		n := uintptr(random.IntN(64))
		switch random.IntN(20) {
		case 0:
			n = uintptr(random.IntN(8 << 10))
		case 1:
			n = uintptr(random.IntN(256 << 10))
		}
		switch k := random.IntN(10); {
		case k < 5:
			b := block{h.Malloc(n), byte(i), n}
			if b.p == 0 {
				refused++
				continue
			}
			fill(h.Bytes(b.p, n), b.fill)
			blocks = append(blocks, b)
		case len(blocks) == 0:
		case k < 7:
			b := &blocks[random.IntN(len(blocks))]
			p := h.Realloc(b.p, n)
			if p == 0 {
				check(*b)
				refused++
				continue
			}
			old := *b
			b.p, b.n = p, n
			check(block{p, old.fill, min(n, old.n)})
			fill(h.Bytes(p, n), b.fill)
		default:
			j := random.IntN(len(blocks))
			check(blocks[j])
			h.Free(blocks[j].p)
			blocks[j] = blocks[len(blocks)-1]
			blocks = blocks[:len(blocks)-1]
		}
	}
	require.Positive(t, refused)
	for _, b := range blocks {
		check(b)
		h.Free(b.p)
	}
	require.Equal(t, top, h.Top(), "all is one free block again")
	require.Empty(t, h.FreeBlocks())
}

func fill(b []byte, with byte) {
	for i := range b {
		b[i] = with
	}
}

func TestHeapRefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	h, err := engine.NewHeap(1 << 20)
	require.NoError(t, err)
	defer h.Close()
	for _, n := range []uintptr{1 << 20, 1<<20 - 64, 1 << 40, ^uintptr(0), ^uintptr(0) - 7} {
		require.Zero(t, h.Malloc(n))
	}
	p := h.Malloc(1000)
	require.NotZero(t, p)
	fill(h.Bytes(p, 1000), 7)
	for _, n := range []uintptr{1 << 20, ^uintptr(0)} {
		require.Zero(t, h.Realloc(p, n))
	}
	require.Equal(t, bytes.Repeat([]byte{7}, 1000), h.Bytes(p, 1000))
	q := h.Malloc(1<<20 - 8<<10)
	require.NotZero(t, q, "what is left can be had in one piece")
	h.Free(q)
	q = h.Realloc(p, 1<<20-8<<10)
	require.Equal(t, p, q, "it grows in its place")
}

// A picture holds everything: after it is put back, the same requests give the same addresses and bytes.
func TestHeapComesBackFromItsImage(t *testing.T) {
	t.Parallel()
	h, err := engine.NewHeap(1 << 20)
	require.NoError(t, err)
	defer h.Close()
	kept := h.Malloc(100)
	fill(h.Bytes(kept, 100), 1)
	hole := h.Malloc(5000)
	h.Malloc(24)
	h.Free(hole)
	image := h.Image()
	work := func() (all []uintptr) {
		random := rand.New(rand.NewPCG(3, 4))
		for range 2000 {
			p := h.Malloc(uintptr(random.IntN(900)))
			if p != 0 {
				fill(h.Bytes(p, 8), 9)
			}
			all = append(all, p)
			if k := random.IntN(len(all)); all[k] != 0 && random.IntN(3) == 0 {
				h.Free(all[k])
				all[k] = 0
			}
		}
		fill(h.Bytes(kept, 100), 2)
		return all
	}
	first := work()
	h.Restore(image)
	require.Equal(t, bytes.Repeat([]byte{1}, 100), h.Bytes(kept, 100))
	require.Equal(t, image, h.Image())
	require.Equal(t, first, work())
}
