package processor_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/processor"
)

func TestKnownCellsAreWrittenAsTheColumnReadsThem(t *testing.T) {
	t.Parallel()
	german := definition.Format{Locale: "de", DateFormats: []string{"DD.MM.YYYY", "DD.MM.YYYY HH:mm:ss"}}
	for _, test := range []struct {
		column     definition.Column
		format     definition.Format
		kind       definition.CellKind
		cell, want string
	}{
		{definition.Column{Type: definition.TypeNumber}, german, definition.CellNumber, "1234.5", "1234,5"},
		{definition.Column{Type: definition.TypeNumber}, definition.Format{}, definition.CellNumber, "1.234", "1.2340"},
		{definition.Column{Type: definition.TypeInteger}, german, definition.CellNumber, "1234", "1234"},
		{definition.Column{Type: definition.TypeBoolean}, german, definition.CellBoolean, "true", "true"},
		{definition.Column{Type: definition.TypeDate}, german, definition.CellDate, "2024-03-01", "01.03.2024"},
		{definition.Column{Type: definition.TypeDate}, definition.Format{}, definition.CellDate, "2024-03-01", "2024-03-01"},
		{definition.Column{Type: definition.TypeDate}, german, definition.CellNumber, "45352", "01.03.2024"},
		{
			definition.Column{Type: definition.TypeDateTime},
			german, definition.CellDateTime, "2024-03-01T10:20:30", "01.03.2024 10:20:30",
		},
		{
			definition.Column{Type: definition.TypeDateTime},
			german, definition.CellDateTime, "2024-03-01T10:20:30.5", "2024-03-01T10:20:30.5",
		},
		{
			definition.Column{Type: definition.TypeDate, Format: "YYYY/MM/DD"},
			german, definition.CellDate, "2024-03-01", "2024/03/01",
		},
		{
			definition.Column{Type: definition.TypeString, Role: definition.RolePeriod, Format: "MM/YYYY"},
			german, definition.CellDate, "2024-03-01", "03/2024",
		},
		{
			definition.Column{Type: definition.TypeString, Role: definition.RolePeriod},
			definition.Format{},
			definition.CellDate, "2024-03-01", "2024-03-01",
		},
		{definition.Column{Type: definition.TypeString}, german, definition.CellNumber, "1234.5", "1234.5"},
		{definition.Column{Type: definition.TypeNumber}, german, definition.CellText, "1.234", "1.234"},
		{definition.Column{Type: definition.TypeNumber}, german, definition.CellDate, "2024-03-01", "2024-03-01"},
		{definition.Column{Type: definition.TypeNumber}, german, definition.CellError, "#REF!", "#REF!"},
	} {
		test.column.Name = "c"
		a, err := processor.New(processor.Config{
			Serials: processor.From1900,
			Version: definition.Version{
				Columns: []definition.Column{test.column}, Format: test.format,
				Outputs: []definition.Output{{Key: "n", Aggregate: definition.Count, Column: "c"}},
			}.Normalize(),
			Columns: []int{0}, Year: 2024,
		})
		require.NoError(t, err)
		w := a.Worker()
		got := w.AppendCell([]byte("x"), 0, []byte(test.cell), test.kind)
		require.Equal(t, "x"+test.want, string(got), "%+v", test)
		require.Equal(t, test.cell, string(w.AppendCell(nil, -1, []byte(test.cell), test.kind)))
	}
}
