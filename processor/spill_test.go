package processor_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"entrepot/definition"
	"entrepot/processor"
	"entrepot/processor/script"

	"github.com/stretchr/testify/require"
)

// anyFile has one column of each kind; its rows are made with what code should be given of them.
func anyFile() definition.Version {
	return definition.Version{
		Code: "function process() { }",
		Columns: []definition.Column{
			siteColumn, textPeriod, column("n", definition.TypeNumber), column("s", definition.TypeString),
			column("d", definition.TypeDateTime), column("b", definition.TypeBoolean),
		},
		Format:  definition.Format{DecimalSeparator: "."},
		Outputs: []definition.Output{scriptOutput("x", definition.OutputNumber, definition.Monthly)},
	}.Normalize()
}

// modelRow is a row, and what is made of it.
type modelRow struct {
	order, number int64
	cells         string
	site          string // its key; empty for a row that is not accepted
	encoded       []byte
}

func randomRow(random *rand.Rand, order, number int64, longest int) modelRow {
	r := modelRow{order: order, number: number}
	sites := [][2]string{{"a", "A"}, {"alpha", "A"}, {" A", "A"}, {"ç", "ç"}}
	site := sites[random.IntN(len(sites))]
	if n := random.IntN(60); n > 3 {
		site = [2]string{fmt.Sprintf("site %d", n), fmt.Sprintf("site %d", n)}
	}
	periods := [][2]string{{"2024-01", "2024-01"}, {"Mart 2024", "2024-03"}, {"Q2 2023", "2023-Q2"}, {"2022", "2022"}}
	period := periods[random.IntN(len(periods))]
	b := script.AppendText(script.AppendRowNumber(nil, number), []byte(site[0]))
	b = script.AppendText(b, []byte(period[1]))
	n := ""
	if random.IntN(5) > 0 {
		n = fmt.Sprintf("%d.%d", random.Int64N(1<<40)-1<<39, random.IntN(1000))
		f, _ := strconv.ParseFloat(n, 64)
		b = script.AppendNumber(b, f)
	} else {
		b = script.AppendNull(b)
	}
	text := strings.Repeat("ş", random.IntN(4))
	if random.IntN(200) == 0 {
		text = strings.Repeat("long ", random.IntN(longest)) + "."
	}
	if text == "" {
		b = script.AppendNull(b)
	} else {
		b = script.AppendText(b, []byte(text))
	}
	b = script.AppendText(b, []byte("2024-03-15T10:00:00.5Z"))
	b = script.AppendBool(b, number%2 == 0)
	if random.IntN(40) == 0 {
		n = "x"
	} else {
		r.site, r.encoded = site[1], b
	}
	r.cells = strings.Join([]string{site[0], period[0], n, text, "2024-03-15 10:00:00.5", []string{"no", "yes"}[1-number%2]}, "|")
	return r
}

// TestCodeSeesWhatANaiveProgramWouldGiveIt feeds random rows of one or more files, in any order to any number of workers,
// with so little memory that most of them are written to the temporary file: each call is given the rows of its site as
// they follow from the rows alone, however often it goes through them, and however far.
func TestCodeSeesWhatANaiveProgramWouldGiveIt(t *testing.T) {
	t.Parallel()
	for seed := range uint64(36) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 11))
			files := 1 + random.IntN(3)
			rows := 1 + random.IntN(2500)
			longest := []int{10, 1000, 6000}[random.IntN(3)]
			orders := random.Perm(files * rows)
			want := map[string][]byte{}
			var parts [][]modelRow
			var all []modelRow
			for file := range files {
				var part []modelRow
				for i := range rows {
					order := int64(file*rows+i+1) << 20
					if seed%3 == 0 { // as when nothing stands in its place
						order = int64(orders[file*rows+i] + 1)
					}
					part = append(part, randomRow(random, order, int64(i+1), longest))
				}
				all, parts = append(all, part...), append(parts, part)
			}
			slices.SortFunc(all, func(a, b modelRow) int { return cmp.Compare(a.order, b.order) })
			for _, r := range all {
				if r.site != "" {
					want[r.site] = append(want[r.site], r.encoded...)
				}
			}

			dir := t.TempDir()
			spill := newSpill(t, processor.SpillConfig{Dir: dir, MemoryBytes: []int64{16 << 10, 128 << 10, 0}[random.IntN(3)]})
			var mutex sync.Mutex
			got := map[string][]byte{}
			code := scripted(func(_ context.Context, c *script.Call) (*script.Result, error) {
				first := collected(t, c)
				for row := range c.Rows {
					require.True(t, bytes.HasPrefix(first, row))
					break
				}
				require.Equal(t, first, collected(t, c), "the same again")
				left, err := os.ReadDir(dir)
				require.NoError(t, err)
				require.Empty(t, left)
				mutex.Lock()
				defer mutex.Unlock()
				require.NotContains(t, got, c.Site.Key)
				got[c.Site.Key] = first
				return &script.Result{Output: []byte(`{"2024":{"x":{"3":1}}}`)}, nil
			})
			var own *processor.Aggregation
			for i := len(parts) - 1; i >= 0; i-- {
				a, err := processor.New(processor.Config{
					Version: anyFile(), Columns: []int{0, 1, 2, 3, 4, 5}, Script: code, Spill: spill, Calls: 1 + random.IntN(4),
					Sites: known{"a": {ID: "site-a", Key: "A"}, "alpha": {ID: "site-a", Key: "A"}},
				})
				require.NoError(t, err)
				addTo(t, a, parts[i], 1+random.IntN(4))
				if own == nil {
					own = a
				} else {
					own.Join(a)
				}
			}
			results, err := own.Results(t.Context())
			require.NoError(t, err)
			require.Equal(t, want, got)
			require.Len(t, results, len(want))
		})
	}
}

// addTo shares rows out to workers, each of which gets batches in the order of the file.
func addTo(t testing.TB, a *processor.Aggregation, rows []modelRow, workers int) {
	batches := make(chan []modelRow)
	var running sync.WaitGroup
	for range workers {
		w := a.Worker()
		running.Go(func() {
			for batch := range batches {
				for _, r := range batch {
					wrong := w.Add(&processor.Row{Order: r.order, Number: r.number, Cells: split(r.cells)})
					if (len(wrong) == 0) != (r.site != "") {
						t.Errorf("row %q: %v", r.cells, wrong)
					}
				}
			}
			if err := w.Err(); err != nil {
				t.Error(err)
			}
		})
	}
	for batch := range slices.Chunk(rows, 50) {
		batches <- batch
	}
	close(batches)
	running.Wait()
}

func TestAddToASpillAllocatesNothingForGoodRows(t *testing.T) { //nolint:paralleltest // counts allocations
	f, rows := monthlySums(5)
	for i := range f.version.Outputs {
		f.version.Outputs[i].Aggregate, f.version.Outputs[i].Column = "", ""
	}
	a, err := processor.New(f.withCode(t, returns("{}")))
	require.NoError(t, err)
	w := a.Worker()
	row := int64(0)
	add := func() {
		row++
		w.Add(newRow(row, row, rows[row%int64(len(rows))]))
	}
	for range 40 * len(rows) { // beyond the memory
		add()
	}
	require.NoError(t, w.Err())
	require.Zero(t, testing.AllocsPerRun(20_000, add))
}
