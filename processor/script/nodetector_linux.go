//go:build !race && (amd64 || arm64)

package script

// detector is what the race detector needs of memory, which is not there.
const detector = 0
