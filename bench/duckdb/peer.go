package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
)

// peer is DuckDB in a child process: one line asks, one line answers, both JSON.
type peer struct {
	version  string
	variants []string

	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
}

// question asks for one run of a variant; Check wants its groups too.
type question struct {
	Variant string `json:"variant"`
	Check   bool   `json:"check"`
}

// answer tells how long the query took, until its result was there as a whole, and how long all threads computed.
type answer struct {
	Milliseconds float64
	CPU          float64
	Groups       []group
}

type group struct {
	Site        string
	Month       int
	Count       int64
	Total, Mean string
}

func startPeer(ctx context.Context, folder, path string, threads int) (*peer, error) {
	command := exec.CommandContext(ctx, "node", "peer.mjs", path, strconv.Itoa(threads)) // #nosec G204 -- our own script
	command.Dir = folder
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start peer: %w", err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start peer: %w", err)
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start peer: %w", err)
	}
	p := &peer{command: command, in: in, out: bufio.NewReader(out)}
	var hello struct {
		Version  string
		Variants []string
	}
	if err := p.read(&hello); err != nil {
		return nil, errors.Join(fmt.Errorf("start peer (was “npm ci” run in %s?): %w", folder, err), p.close())
	}
	p.version, p.variants = hello.Version, hello.Variants
	return p, nil
}

func (p *peer) ask(variant string, check bool) (answer, error) {
	var a answer
	if err := json.NewEncoder(p.in).Encode(question{variant, check}); err != nil {
		return a, fmt.Errorf("ask peer: %w", err)
	}
	return a, p.read(&a)
}

func (p *peer) read(v any) error {
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("read peer: %w", err)
	}
	if err := json.Unmarshal(line, v); err != nil {
		return fmt.Errorf("read peer: %w", err)
	}
	return nil
}

func (p *peer) close() error {
	if err := errors.Join(p.in.Close(), p.command.Wait()); err != nil {
		return fmt.Errorf("end peer: %w", err)
	}
	return nil
}
