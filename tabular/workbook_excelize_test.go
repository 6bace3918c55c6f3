package tabular_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"entrepot/definition"
	"entrepot/tabular"
)

// TestWorkbooksAgainstExcelize writes random cells with excelize, and compares what is read with what was written, and
// with what excelize reads.
func TestWorkbooksAgainstExcelize(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		random := rand.New(rand.NewPCG(seed, 4))
		file := excelize.NewFile()
		if seed%3 == 0 {
			date1904 := true
			require.NoError(t, file.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &date1904}))
		}
		const columns = 6
		for column := range columns {
			require.NoError(t, file.SetCellStr("Sheet1", cellName(column, 1), fmt.Sprint("name ", column)))
		}
		want := map[int][]string{}
		line := 1
		for range random.IntN(40) {
			line += 1 + random.IntN(3)*random.IntN(2)*random.IntN(20)
			cells := make([]string, columns)
			for column := range columns {
				cells[column] = setRandom(t, file, random, cellName(column, line))
			}
			if strings.TrimSpace(strings.Join(cells, "")) != "" {
				want[line] = cells
			}
		}
		var out bytes.Buffer
		require.NoError(t, file.Write(&out))

		theirs, err := excelize.OpenReader(bytes.NewReader(out.Bytes()))
		require.NoError(t, err)
		r, err := tabular.Open(bytes.NewReader(out.Bytes()), tabular.Config{})
		require.NoError(t, err)
		for {
			record, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
			at := int(record.Line)
			require.Nil(t, record.Problem)
			require.Equal(t, want[at] == nil, record.Blank, "seed %d line %d", seed, at)
			if record.Blank {
				continue
			}
			for column, cell := range record.Cells {
				name := cellName(column, at)
				require.Equal(t, want[at][column], kinded(string(cell), record.Kinds[column]), "seed %d, cell %s", seed, name)
				if record.Kinds[column] == definition.CellText {
					raw, err := theirs.GetCellValue("Sheet1", name, excelize.Options{RawCellValue: true})
					require.NoError(t, err)
					require.Equal(t, raw, string(cell))
				}
			}
			delete(want, at)
		}
		require.Empty(t, want, "rows that were not read")
		require.NoError(t, r.Close())
		require.NoError(t, theirs.Close())
		require.NoError(t, file.Close())
	}
}

func cellName(column, line int) string {
	name, _ := excelize.CoordinatesToCellName(column+1, line)
	return name
}

// kinded is a cell as setRandom says it.
func kinded(text string, kind definition.CellKind) string {
	if text == "" {
		return ""
	}
	return string(kindLetters[kind]) + ":" + text
}

// setRandom sets a cell to something, and says how it is to be read.
func setRandom(t *testing.T, file *excelize.File, random *rand.Rand, cell string) string {
	t.Helper()
	const sheet = "Sheet1"
	switch random.IntN(9) {
	case 0:
		letters := []rune("abc <&>\"'\t\n_x000D_ğİ東😀 =+-")
		text := make([]rune, 1+random.IntN(12))
		for i := range text {
			text[i] = letters[random.IntN(len(letters))]
		}
		require.NoError(t, file.SetCellStr(sheet, cell, "t"+string(text)+"."))
		return "T:t" + string(text) + "."
	case 1:
		number := random.Int64N(1e15) - 5e14
		require.NoError(t, file.SetCellInt(sheet, cell, number))
		return "N:" + strconv.FormatInt(number, 10)
	case 2:
		// 15 digits at most, so that nothing is to be rounded.
		number := float64(random.Int64N(1e12)) / 1e4
		require.NoError(t, file.SetCellFloat(sheet, cell, number, -1, 64))
		return "N:" + strconv.FormatFloat(number, 'f', -1, 64)
	case 3:
		value := random.IntN(2) == 0
		require.NoError(t, file.SetCellBool(sheet, cell, value))
		return "B:" + strconv.FormatBool(value)
	case 4:
		at := time.Date(1905+random.IntN(200), time.Month(1+random.IntN(12)), 1+random.IntN(28), 0, 0, 0, 0, time.UTC)
		return setTime(t, file, cell, at, "yyyy/mm/dd", "D:"+at.Format("2006-01-02"))
	case 5:
		at := time.Date(1905+random.IntN(200), 1, 1, 0, 0, random.IntN(365*86400), random.IntN(1000)*1_000_000, time.UTC)
		return setTime(t, file, cell, at, "dd.mm.yyyy hh:mm:ss", "M:"+at.Format("2006-01-02T15:04:05.999"))
	case 6:
		style, err := file.NewStyle(&excelize.Style{CustomNumFmt: text("00000000")})
		require.NoError(t, err)
		number := random.IntN(1e9)
		require.NoError(t, file.SetCellInt(sheet, cell, int64(number)))
		require.NoError(t, file.SetCellStyle(sheet, cell, cell, style))
		return fmt.Sprintf("N:%08d", number)
	case 7:
		require.NoError(t, file.SetCellRichText(sheet, cell, []excelize.RichTextRun{
			{Text: "bold", Font: &excelize.Font{Bold: true}}, {Text: " and "}, {Text: "not"},
		}))
		return "T:bold and not"
	default:
		return ""
	}
}

func text(s string) *string { return &s }

func setTime(t *testing.T, file *excelize.File, cell string, at time.Time, format, want string) string {
	t.Helper()
	require.NoError(t, file.SetCellValue("Sheet1", cell, at))
	style, err := file.NewStyle(&excelize.Style{CustomNumFmt: text(format)})
	require.NoError(t, err)
	require.NoError(t, file.SetCellStyle("Sheet1", cell, cell, style))
	return want
}
