// Command read reads one hostile file (see entrepot/internal/hostile) as the product would, under the limits of a server
// that is told nothing else, and tells on standard output, as JSON, what became of it and what that took:
//
//	go run ./internal/hostile/read csv/endless-quote
//	go run ./internal/hostile/read -file xlsx/bomb > bomb.xlsx
//
// Without a name it lists the cases.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"entrepot/definition"
	"entrepot/internal/hostile"
	"entrepot/tabular"
)

func main() {
	asFile := flag.Bool("file", false, "write the file itself to standard output")
	flag.Parse()
	if err := run(flag.Arg(0), *asFile, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "read:", err)
		os.Exit(1)
	}
}

func run(name string, asFile bool, out io.Writer) error {
	if name == "" {
		for _, c := range hostile.All() {
			if _, err := fmt.Fprintf(out, "%-45s %s\n", c.Name, c.Cause); err != nil {
				return fmt.Errorf("list cases: %w", err)
			}
		}
		return nil
	}
	c, err := hostile.Find(name)
	if err != nil {
		return err
	}
	source := c.Open()
	if asFile {
		if _, err := io.Copy(out, source); err != nil {
			return fmt.Errorf("write file: %w", err)
		}
		return nil
	}
	var r reading
	before := usage()
	if err := read(&r, source, c.Format); err != nil {
		return err
	}
	after := usage()
	r.CPUMilliseconds, r.PeakMiB = after.milliseconds-before.milliseconds, after.peakMiB
	return json.NewEncoder(out).Encode(r)
}

// read goes through a whole file. What is wrong with the file is in the reading, an error means that it is the reader's.
func read(r *reading, source io.Reader, format definition.Format) (err error) {
	table, err := tabular.Open(source, tabular.Config{
		Format: tabular.FormatOf(format), Limits: tabular.LimitsOf(definition.DefaultLimits()),
	})
	if err != nil {
		return r.refuse(err)
	}
	defer func() { err = errors.Join(err, table.Close()) }()
	var (
		width    = len(table.Header())
		batch    tabular.Batch
		row      int64
		lastLine int64
	)
	for {
		if err := table.NextBatch(&batch); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return r.refuse(err)
		}
		if batch.Len() == 0 {
			return errors.New("a batch without records")
		}
		for i := range batch.Len() {
			if batch.Blank(i) {
				r.Blank++
				continue
			}
			if row++; batch.Row(i) != row {
				return fmt.Errorf("row %d comes after row %d", batch.Row(i), row-1)
			}
			if problem := batch.Problem(i); problem != nil { // such a row may lie about its own number
				r.reject(problem.Code, problem.Message())
				continue
			}
			if batch.Line(i) <= lastLine {
				return fmt.Errorf("line %d comes after line %d", batch.Line(i), lastLine)
			}
			lastLine = batch.Line(i)
			if batch.Cells(i) != width {
				return fmt.Errorf("row %d has %d cells and no problem, the header %d", row, batch.Cells(i), width)
			}
			r.Accepted++
			if err := looksRight(&batch, i); err != nil {
				return fmt.Errorf("row %d: %w", row, err)
			}
		}
	}
}

// looksRight holds an accepted row against what no case has: cells that are all empty, which would be an error lost, or
// the character that stands for one that could not be read.
func looksRight(batch *tabular.Batch, i int) error {
	empty := true
	for column := range batch.Cells(i) {
		cell := batch.Cell(i, column)
		empty = empty && len(cell) == 0
		if hasReplacement(cell) {
			return fmt.Errorf("cell %d was changed: it has U+FFFD", column+1)
		}
		if batch.Kind(i, column) == definition.CellError {
			return nil // the processor will refuse it
		}
	}
	if empty {
		return errors.New("nothing is in it, and nothing is said to be wrong")
	}
	return nil
}
