// Command gen writes the file that imports are measured with (see entrepot/bench/data):
//
//	go run ./bench/gen -rows 1000000 -o readings.csv
//
// Without -o it writes to standard output. The same number of rows is always the same file.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"entrepot/bench/data"
)

func main() {
	rows := flag.Int("rows", 1_000_000, "how many data `rows` to write; a million are about 70 MB")
	path := flag.String("o", "", "the `file` to write, replaced if it exists; standard output when empty")
	flag.Parse()
	if err := run(*path, *rows, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(path string, rows int, standardOutput io.Writer) error {
	if path == "" {
		return data.Write(standardOutput, rows)
	}
	file, err := os.Create(path) // #nosec G304 -- the path is what the person at the keyboard asked for
	if err != nil {
		return fmt.Errorf("create file: %w", err)
	}
	return errors.Join(data.Write(file, rows), file.Close())
}
