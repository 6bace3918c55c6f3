package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"entrepot/definition"
	"entrepot/processor"
	"entrepot/tabular"
)

// version is the work as a definition: per site and month the sum, the mean and the number of readings.
func version() definition.Version {
	return definition.Version{
		// The database is told nothing either way, but takes a point for decimals; 523.123 could be thousands.
		Format: definition.Format{DecimalSeparator: "."},
		Columns: []definition.Column{
			{Name: "site", Type: definition.TypeString, Role: definition.RoleSiteIdentifier, Required: true},
			{Name: "date", Type: definition.TypeDate, Role: definition.RolePeriod, Required: true},
			{Name: "reading", Type: definition.TypeNumber, Required: true},
		},
		Outputs: []definition.Output{
			{Key: "total", PeriodUnit: definition.Monthly, Aggregate: definition.Sum, Column: "reading"},
			{Key: "mean", PeriodUnit: definition.Monthly, Aggregate: definition.Average, Column: "reading"},
			{Key: "n", PeriodUnit: definition.Monthly, Aggregate: definition.Count},
		},
	}.Normalize()
}

// aggregate reads the file as an import does: one goroutine cuts it into batches, as many as wanted compute on them.
// The format is detected, every cell is checked, sums are exact.
func aggregate(ctx context.Context, path string, parallelism int) (results []processor.Result, err error) {
	file, err := os.Open(path) // #nosec G304 -- the path is what the person at the keyboard asked for
	if err != nil {
		return nil, fmt.Errorf("open file: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	table, err := tabular.Open(file, tabular.Config{})
	if err != nil {
		return nil, err
	}
	v := version()
	columns, _, err := definition.MatchColumns(v.Columns, table.Header(), nil)
	if err != nil {
		return nil, err
	}
	aggregation, err := processor.New(processor.Config{Version: v, Columns: columns})
	if err != nil {
		return nil, err
	}

	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	const spare = 2
	free := make(chan *tabular.Batch, parallelism+spare)
	work := make(chan *tabular.Batch, parallelism+spare)
	for range cap(free) {
		free <- new(tabular.Batch)
	}
	var running sync.WaitGroup
	for range parallelism {
		worker := aggregation.Worker()
		running.Go(func() {
			var row processor.Row
			for batch := range work {
				for i := range batch.Len() {
					row.Order, row.Number, row.Line = batch.Row(i), batch.Row(i), batch.Line(i)
					row.Cells = batch.AppendCells(row.Cells[:0], i)
					if wrong := worker.Add(&row); len(wrong) > 0 {
						stop(fmt.Errorf("row %d: %s", wrong[0].Row, wrong[0].Message))
					}
				}
				free <- batch
			}
		})
	}
	for ctx.Err() == nil {
		batch := <-free
		if err := table.NextBatch(batch); err != nil {
			if !errors.Is(err, io.EOF) {
				stop(err)
			}
			break
		}
		work <- batch
	}
	close(work)
	running.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return aggregation.Results(ctx)
}
