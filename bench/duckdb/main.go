// Command duckdb measures reading and grouping a CSV file against DuckDB on the same work, in one run, turn about: 1M
// rows (70 MB, see entrepot/bench/data), summed, averaged and counted per site and month. README.md beside it says how to run it.
//
// Ours is what an import does up to its results (tabular and processor, no database); DuckDB runs in a child process
// that is started once, so that its start is not counted. Before anything is measured, all results are compared.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"entrepot/bench/data"
	"entrepot/processor"
)

func main() {
	var c comparison
	flag.IntVar(&c.rows, "rows", 1_000_000, "how many data `rows` the file has")
	flag.IntVar(&c.rounds, "rounds", 7, "how many `times` each side is measured")
	flag.IntVar(&c.threads, "threads", 2, "how many `threads` each side may use")
	flag.StringVar(&c.folder, "peer", filepath.Join("bench", "duckdb"), "the `folder` with peer.mjs and its node_modules")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := c.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "duckdb:", err)
		os.Exit(1) //nolint:gocritic // nothing is left to stop
	}
}

type comparison struct {
	rows, rounds, threads int
	folder                string
}

func (c *comparison) run(ctx context.Context) (err error) {
	if c.rows < 1 || c.rounds < 1 || c.threads < 1 {
		return errors.New("rows, rounds and threads must be 1 or more")
	}
	folder, err := os.MkdirTemp("", "entrepot-duckdb-")
	if err != nil {
		return fmt.Errorf("make a folder for the file: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	path := filepath.Join(folder, "readings.csv")
	if err := writeFile(path, c.rows); err != nil {
		return err
	}
	runtime.GOMAXPROCS(c.threads)
	peer, err := startPeer(ctx, c.folder, path, c.threads)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, peer.close()) }()

	results, err := aggregate(ctx, path, c.threads)
	if err != nil {
		return err
	}
	for _, variant := range peer.variants {
		if err := compare(results, peer, variant); err != nil {
			return fmt.Errorf("%s: %w", variant, err)
		}
	}
	const us = "entrepot"
	times, work := make(map[string][]time.Duration), make(map[string][]time.Duration)
	for range c.rounds {
		debug.FreeOSMemory()
		start, before := time.Now(), processorTime()
		if _, err := aggregate(ctx, path, c.threads); err != nil {
			return err
		}
		times[us] = append(times[us], time.Since(start))
		work[us] = append(work[us], processorTime()-before)
		for _, variant := range peer.variants {
			answer, err := peer.ask(variant, false)
			if err != nil {
				return err
			}
			times[variant] = append(times[variant], time.Duration(answer.Milliseconds*float64(time.Millisecond)))
			work[variant] = append(work[variant], time.Duration(answer.CPU*float64(time.Millisecond)))
		}
	}
	fmt.Printf("%s, %d threads each, %d rounds; medians, and of CPU time on all threads\n", peer.version, c.threads, c.rounds)
	for _, name := range append([]string{us}, peer.variants...) {
		fmt.Printf("%-12s %7.1f ms   CPU %7.1f ms", name, milliseconds(median(times[name])), milliseconds(median(work[name])))
		if name != us {
			fmt.Printf("   ours is %.2f of it, CPU %.2f", ratio(times[us], times[name]), ratio(work[us], work[name]))
		}
		fmt.Println()
	}
	return nil
}

func writeFile(path string, rows int) error {
	file, err := os.Create(path) // #nosec G304 -- in a folder that was just made
	if err != nil {
		return fmt.Errorf("create file: %w", err)
	}
	return errors.Join(data.Write(file, rows), file.Close())
}

// compare holds every group of the peer's answer against ours: counts and, where it computes with decimals, sums must be
// the same; doubles may differ by what they cannot hold.
func compare(results []processor.Result, peer *peer, variant string) error {
	answer, err := peer.ask(variant, true)
	if err != nil {
		return err
	}
	type place struct {
		site  string
		month int
	}
	type values struct {
		Total, Mean json.Number
		N           int64
	}
	want := make(map[place]values, len(results))
	for _, result := range results {
		var v values
		if err := json.Unmarshal(result.ProcessedData, &v); err != nil {
			return fmt.Errorf("read a result: %w", err)
		}
		want[place{*result.SiteKey, result.Period}] = v
	}
	if len(answer.Groups) != len(want) {
		return fmt.Errorf("%d groups, ours has %d", len(answer.Groups), len(want))
	}
	for _, g := range answer.Groups {
		v, found := want[place{g.Site, g.Month}]
		if !found || g.Count != v.N || !near(g.Total, v.Total.String()) || !near(g.Mean, v.Mean.String()) {
			return fmt.Errorf("site %s, month %d: %v, ours has %v", g.Site, g.Month, g, v)
		}
	}
	return nil
}

// near compares numbers as far as doubles go.
func near(a, b string) bool {
	x, err := strconv.ParseFloat(a, 64)
	y, err2 := strconv.ParseFloat(b, 64)
	return err == nil && err2 == nil && math.Abs(x-y) <= 1e-10*max(math.Abs(x), math.Abs(y))
}

func median(times []time.Duration) time.Duration {
	times = slices.Sorted(slices.Values(times))
	return times[len(times)/2]
}

func ratio(ours, theirs []time.Duration) float64 {
	return float64(median(ours)) / float64(median(theirs))
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
