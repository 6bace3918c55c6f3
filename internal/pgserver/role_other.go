//go:build !unix

package pgserver

import "os/exec"

func unprivileged(*exec.Cmd, string) error { return ErrMissing }
