//go:build race && linux && (amd64 || arm64)

package script_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// With the race detector an engine is twenty times slower, and deep recursion needs more memory than a child has. There is
// no race in a child to look for: it has a thread for each VM, which shares nothing. So where the plain program is at hand,
// as in “make test”, a child becomes that before it does anything. Its own environment is empty, its parent's tells.
func init() {
	if len(os.Args) < 2 || os.Args[1] != "script-child" {
		return
	}
	environment, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", os.Getppid())) // the parent may have gone
	for variable := range bytes.SplitSeq(environment, []byte{0}) {
		if program, found := strings.CutPrefix(string(variable), "ENTREPOT_BIN="); found {
			fmt.Fprintln(os.Stderr, "become the plain program:", syscall.Exec(program, os.Args, []string{}))
			os.Exit(1)
		}
	}
}
