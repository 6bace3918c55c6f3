package importer_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/database"
	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/importlogline"
	"entrepot/importer"
	"entrepot/internal/testdb"
)

// scripted computes what readings does, with code.
func scripted(code string, change ...func(*definition.Version)) definition.Version {
	return readings(append([]func(*definition.Version){func(v *definition.Version) {
		v.Code = code
		for i := range v.Outputs {
			v.Outputs[i].Aggregate, v.Outputs[i].Column = "", ""
		}
	}}, change...)...)
}

const summing = `function process(rows, context) {
  const out = { total: {}, rows: {} };
  for (const row of rows) {
    const month = Number(row.date.slice(5, 7));
    out.total[month] = (out.total[month] ?? 0) + Math.round(row.reading * 10);
    out.rows[month] = (out.rows[month] ?? 0) + 1;
  }
  for (const month in out.total) out.total[month] /= 10;
  console.info(context.site.key, Math.random(), Date.now());
  return out;
}`

// log is what an import's code wrote.
func (w *world) logged(id string) (all []string) {
	w.t.Helper()
	w.system(func(ctx context.Context) {
		for _, l := range w.db.Client().ImportLogLine.Query().Where(importlogline.ImportID(id)).
			Order(importlogline.ByPosition()).AllX(ctx) {
			all = append(all, fmt.Sprint(l.Level, " ", *l.SiteKey, " ", l.Message))
		}
	})
	return all
}

// TestCodeComputesWhatAggregatesDo imports a file by both, under SKIP, with some rows set aside, and corrects them.
func TestCodeComputesWhatAggregatesDo(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorldOn(t, db)
		right, wrong := hundred(1, 50, 99)
		a, b := w.imported(right, readings(skip)), w.imported(wrong, readings(skip))
		c, d := w.imported(right, scripted(summing, skip)), w.imported(wrong, scripted(summing, skip))
		e := w.correct(d, w.object(*d.RejectedRowsKey)) // nothing put right yet
		require.Equal(t, definition.ImportCompleted, c.Status, c.Error)
		require.Equal(t, definition.ImportPartiallyCompleted, d.Status, d.Error)
		require.Equal(t, w.results(a.ID), w.results(c.ID))
		require.Equal(t, w.results(b.ID), w.results(d.ID))
		require.Equal(t, w.results(d.ID), w.results(e.ID))
		put := w.correct(e, strings.ReplaceAll(w.object(*e.RejectedRowsKey), "someday", "2024-"))
		require.Equal(t, definition.ImportCompleted, put.Status, put.Error)
		require.Equal(t, w.results(a.ID), w.results(put.ID))
		require.Equal(t, w.logged(c.ID), w.logged(put.ID))
		require.Len(t, w.logged(c.ID), 2)
	})
}

// TestTheSameImportGivesTheSameBytes imports one file two hundred times; what the code asks of chance and of the clock is
// part of what it gives.
func TestTheSameImportGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorldOn(t, db)
		file, _ := hundred()
		history, id := w.upload(file), w.define(scripted(summing))
		run := func() string {
			run := w.start(history, id)
			w.run(run.ID)
			require.Equal(t, definition.ImportCompleted, w.get(run.ID).Status, w.get(run.ID).Error)
			return fmt.Sprint(w.results(run.ID), w.logged(run.ID))
		}
		first := run()
		require.Contains(t, first, "INFO A A 0.")
		for range 199 {
			require.Equal(t, first, run())
		}
	})
}

func TestLimitsOfCodeHaveTheirCodes(t *testing.T) {
	t.Parallel()
	file, _ := hundred()
	for name, test := range map[string]struct {
		limits func(*definition.Limits)
		code   definition.ImportErrorCode
		says   string
	}{
		"rows of a site":  {func(l *definition.Limits) { l.ScriptRows = 49 }, definition.ErrorLimitExceeded, "49"},
		"bytes of a site": {func(l *definition.Limits) { l.ScriptInputBytes = 500 }, definition.ErrorLimitExceeded, "500"},
		"memory":          {func(l *definition.Limits) { l.ScriptMemoryBytes = 1 << 20 }, definition.ErrorScriptMemory, "1 MiB"},
		"code":            {func(l *definition.Limits) { l.ScriptBytes = 100 }, definition.ErrorLimitExceeded, "100"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(c *importer.Config) {
				c.Limits = definition.DefaultLimits()
				test.limits(&c.Limits)
			})
			code := summing
			if name == "memory" {
				code = "function process(rows) { const all = []; for (;;) all.push(rows.slice()) }"
			}
			run := w.imported(file, scripted(code))
			require.Contains(t, failed(t, run, test.code), test.says)
		})
	}
	t.Run("lines of the log", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, func(c *importer.Config) {
			c.Limits = definition.DefaultLimits()
			c.Limits.MaxLogLines = 3
		})
		run := w.imported(file, scripted("function process(rows) { for (const r of rows) console.log(r.reading); return {} }"))
		require.Equal(t, definition.ImportCompleted, run.Status, run.Error)
		var lines []*ent.ImportLogLine
		w.system(func(ctx context.Context) {
			lines = w.db.Client().ImportLogLine.Query().Order(importlogline.ByPosition()).AllX(ctx)
		})
		require.Len(t, lines, 3)
		require.Equal(t, "A", *lines[1].SiteKey)
		require.Nil(t, lines[2].SiteKey)
		require.Equal(t, definition.LogLevelWarn, lines[2].Level)
		require.Contains(t, lines[2].Message, "98 more lines")
	})
}

// TestACancelEndsCodeThatRuns cancels while the code of the first sites computes: the run ends within two seconds, though
// all of them would take minutes.
func TestACancelEndsCodeThatRuns(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorldOn(t, db)
		var file strings.Builder
		file.WriteString("site,date,reading\n")
		for i := range 1000 {
			fmt.Fprintf(&file, "s%d,2024-01-01,1\n", i)
		}
		run := w.start(w.upload(file.String()), w.define(scripted(
			"function process() { for (let i = 0; i < 1e7; i++); return {} }")))
		ended := make(chan error, 1)
		go func() { ended <- w.Run(context.Background(), w.org, run.ID) }()
		for w.get(run.ID).ProcessedRowCount < 1000 {
			select {
			case err := <-ended:
				require.FailNow(t, "the import has ended", err)
			case <-time.After(10 * time.Millisecond):
			}
		}
		canceled, err := w.cancel(run.ID)
		require.NoError(t, err)
		at := time.Now()
		require.NoError(t, <-ended)
		require.Less(t, time.Since(at), 10*time.Second) // two in truth; this is no timed test
		w.canceled(t, run.ID, canceled.Revision)
		require.Empty(t, w.logged(run.ID))
	})
}
