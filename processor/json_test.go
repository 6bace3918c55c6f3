package processor_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/processor"
)

func TestCellsAreShownAsWhatTheirColumnReads(t *testing.T) {
	t.Parallel()
	german := definition.Format{Locale: "de", TimeZone: "Europe/Berlin"}
	period := definition.RolePeriod
	for _, test := range []struct {
		column definition.Column
		kind   definition.CellKind
		cell   string
		want   string
	}{
		{definition.Column{Type: definition.TypeNumber}, definition.CellText, "1.234,50", "1234.5"},
		{definition.Column{Type: definition.TypeNumber}, definition.CellText, "123456789012345678901,01", "123456789012345678901.01"},
		{definition.Column{Type: definition.TypeNumber}, definition.CellNumber, "-0.25", "-0.25"},
		{definition.Column{Type: definition.TypeNumber}, definition.CellText, "viel", "null"},
		{definition.Column{Type: definition.TypeNumber}, definition.CellText, "  ", "null"},
		{definition.Column{Type: definition.TypeNumber}, definition.CellError, "#REF!", "null"},
		{definition.Column{Type: definition.TypeInteger}, definition.CellText, "9.007.199.254.740.992", "9007199254740992"},
		{definition.Column{Type: definition.TypeInteger}, definition.CellText, "1,5", "null"},
		{definition.Column{Type: definition.TypeBoolean}, definition.CellText, "ja", "true"},
		{definition.Column{Type: definition.TypeBoolean}, definition.CellBoolean, "false", "false"},
		{definition.Column{Type: definition.TypeDate}, definition.CellText, "5.3.2024", `"2024-03-05"`},
		{definition.Column{Type: definition.TypeDate}, definition.CellNumber, "45352", `"2024-03-01"`},
		{definition.Column{Type: definition.TypeDate, Role: period}, definition.CellText, "1. März 2024", `"2024-03-01"`},
		{
			definition.Column{Type: definition.TypeDateTime},
			definition.CellText, "2024-07-01T10:00:00Z", `"2024-07-01T12:00:00+02:00"`,
		},
		{definition.Column{Type: definition.TypeString}, definition.CellText, ` a "<b>" `, `" a \"<b>\" "`},
		{definition.Column{Type: definition.TypeString}, definition.CellText, "\xff", "null"},
		{definition.Column{Type: definition.TypeString, Role: period}, definition.CellText, "März 2024", `"März 2024"`},
		{definition.Column{Type: definition.TypeInteger, Role: period}, definition.CellNumber, "2024", "2024"},
		{definition.Column{Type: definition.TypeString, Role: definition.RoleSiteIdentifier}, definition.CellText, "Nord", `"Nord"`},
	} {
		test.column.Name = "c"
		aggregates := processor.Config{
			Serials: processor.From1900,
			Version: definition.Version{
				Columns: []definition.Column{test.column, {Name: "absent", Type: definition.TypeNumber}}, Format: german,
				Outputs: []definition.Output{{Key: "n", Aggregate: definition.Count}},
			}.Normalize(),
			Columns: []int{0, -1}, Year: 2024,
		}
		code := aggregates
		code.Version.Code, code.Version.Outputs = "x", definition.NormalizeOutputs([]definition.Output{{Key: "n"}})
		code.Script, code.Spill = returns("{}"), newSpill(t, processor.SpillConfig{})
		for _, c := range []processor.Config{aggregates, code} {
			a, err := processor.New(c)
			require.NoError(t, err)
			w := a.Worker()
			row := &processor.Row{
				Number: 1, Order: 1, Cells: [][]byte{[]byte(test.cell)}, Kinds: []definition.CellKind{test.kind},
			}
			w.Add(row)
			got := w.AppendJSON(nil, 0, row)
			require.Equal(t, test.want, string(got), "%+v", test)
			require.True(t, json.Valid(got))
			require.Equal(t, "x null", string(w.AppendJSON([]byte("x "), 1, row)))
			require.Equal(t, "null", string(w.AppendJSON(nil, 0, &processor.Row{})), "a row that is too short")
		}
	}
}
