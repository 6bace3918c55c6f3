package graph_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/prefixid"
	"entrepot/viewer"
)

// whole is a definition with a column and an output of every kind; faults break one thing in it.
func whole() object {
	return object{
		"name": "Weather",
		"inputSchema": []any{
			object{"name": "Location", "type": "STRING", "role": "SITE_IDENTIFIER", "aliases": []any{"City"}},
			object{"name": "Date", "type": "DATE", "role": "PERIOD"},
			object{"name": "Rain", "type": "NUMBER", "aliases": []any{"Precipitation"}},
			object{"name": "Sky", "type": "STRING"},
			object{"name": "Wet", "type": "BOOLEAN"},
		},
		"outputSchema": []any{
			object{"key": "rain", "aggregate": "SUM", "column": "Rain", "periodUnit": "MONTHLY"},
			object{"key": "days", "aggregate": "COUNT"},
			object{"key": "sky", "aggregate": "LAST", "column": "Sky", "type": "STRING"},
			object{"key": "first", "aggregate": "MIN", "column": "Date", "type": "STRING"},
			object{"key": "wet", "aggregate": "FIRST", "column": "Wet", "type": "BOOLEAN"},
		},
	}
}

// TestEveryMistakeInADefinitionIsAnsweredWithItsPlace makes each of them by createImportDefinition and again by
// updateImportDefinition.
func TestEveryMistakeInADefinitionIsAnsweredWithItsPlace(t *testing.T) {
	t.Parallel()
	column := func(i int, field string, value any) func(object) {
		return func(in object) { in["inputSchema"].([]any)[i].(object)[field] = value }
	}
	output := func(i int, field string, value any) func(object) {
		return func(in object) { in["outputSchema"].([]any)[i].(object)[field] = value }
	}
	format := func(f object) func(object) { return func(in object) { in["format"] = f } }
	many := make([]any, 101)
	for i := range many {
		many[i] = "alias x" + strings.Repeat("x", i)
	}
	layouts := make([]any, 21)
	for i := range layouts {
		layouts[i] = "YYYY-MM-DD"
	}
	const at, out, form = "inputSchema ", "outputSchema ", "format "
	cases := map[string]struct {
		fault func(object)
		field string // of the first error
		rule  string
	}{
		"no columns": {func(in object) {
			in["inputSchema"] = []any{}
			in["outputSchema"] = []any{object{"key": "n", "aggregate": "COUNT"}}
		}, "inputSchema", "few"},
		"no outputs":                   {func(in object) { in["outputSchema"] = []any{} }, "outputSchema", "few"},
		"blank column name":            {column(3, "name", " "), at + "3 name", "blank"},
		"long column name":             {column(3, "name", strings.Repeat("ı", 256)), at + "3 name", "long"},
		"NUL in a column name":         {column(3, "name", "a\x00"), at + "3 name", "bytes"},
		"same column name":             {column(2, "name", "LOCATION"), at + "2 name", "duplicate"},
		"long description":             {column(2, "description", strings.Repeat("x", 2001)), at + "2 description", "long"},
		"alias is another's name":      {column(0, "aliases", []any{"x", "ráin"}), at + "0 aliases 1", "duplicate"},
		"alias is another's alias":     {column(2, "aliases", []any{"CITY"}), at + "2 aliases 0", "duplicate"},
		"alias twice":                  {column(2, "aliases", []any{"a", "a"}), at + "2 aliases 1", "duplicate"},
		"blank alias":                  {column(2, "aliases", []any{""}), at + "2 aliases 0", "blank"},
		"101 aliases":                  {column(2, "aliases", many), at + "2 aliases", "many"},
		"two PERIOD columns":           {func(in object) { column(3, "role", "PERIOD")(in) }, at + "3 role", "duplicate"},
		"two site columns":             {column(3, "role", "SITE_IDENTIFIER"), at + "3 role", "duplicate"},
		"PERIOD of type NUMBER":        {column(1, "type", "NUMBER"), at + "1 type", "period"},
		"layout of a number":           {column(2, "format", "YYYY"), at + "2 format", "unused"},
		"bad layout":                   {column(1, "format", "DD.MM.YY"), at + "1 format", "layout"},
		"layout without a day":         {column(1, "format", "MM/YYYY"), at + "1 format", "day"},
		"key that begins with a digit": {output(0, "key", "1a"), out + "0 key", "pattern"},
		"long key":                     {output(0, "key", strings.Repeat("a", 65)), out + "0 key", "pattern"},
		"blank key":                    {output(0, "key", " "), out + "0 key", "pattern"},
		"same key":                     {output(1, "key", "rain"), out + "1 key", "duplicate"},
		"long label":                   {output(1, "label", strings.Repeat("x", 256)), out + "1 label", "long"},
		"long unit":                    {output(1, "unit", strings.Repeat("x", 256)), out + "1 unit", "long"},
		"long form element":            {output(1, "formElementId", strings.Repeat("x", 256)), out + "1 formElementId", "long"},
		"no aggregate":                 {output(0, "aggregate", nil), out + "0 aggregate", "blank"},
		"SUM without a column":         {output(0, "column", nil), out + "0 column", "blank"},
		"unknown column":               {output(0, "column", "Snow"), out + "0 column", "unknown"},
		"an alias is no column":        {output(0, "column", "Precipitation"), out + "0 column", "unknown"},
		"SUM of text":                  {output(0, "column", "Sky"), out + "0 aggregate", "type"},
		"AVERAGE of a boolean":         {func(in object) { output(0, "column", "Wet")(in); output(0, "aggregate", "AVERAGE")(in) }, out + "0 aggregate", "type"},
		"MAX of text":                  {func(in object) { output(0, "column", "Sky")(in); output(0, "aggregate", "MAX")(in) }, out + "0 aggregate", "type"},
		"MIN of dates as number":       {output(3, "type", "NUMBER"), out + "3 type", "type"},
		"COUNT as text":                {output(1, "type", "STRING"), out + "1 type", "type"},
		"LAST of text as number":       {output(2, "type", "NUMBER"), out + "2 type", "type"},
		"MONTHLY without a period":     {column(1, "role", nil), out + "0 periodUnit", "period"},
		"MONTHLY of years":             {func(in object) { column(1, "type", "INTEGER")(in); output(3, "type", "NUMBER")(in) }, out + "0 periodUnit", "period"},
		"unknown encoding":             {format(object{"encoding": "EBCDIC"}), form + "encoding", "enum"},
		"long delimiter":               {format(object{"delimiter": "::"}), form + "delimiter", "character"},
		"quote beyond ASCII":           {format(object{"quote": "«"}), form + "quote", "character"},
		"quote is the delimiter":       {format(object{"quote": ";", "delimiter": ";"}), form + "quote", "same"},
		"escape is the delimiter":      {format(object{"escape": ";", "delimiter": ";"}), form + "escape", "same"},
		"delimiter of a workbook":      {format(object{"kind": "XLSX", "delimiter": ";"}), form + "delimiter", "kind"},
		"sheet of CSV":                 {format(object{"kind": "CSV", "sheet": "Data"}), form + "sheet", "kind"},
		"header row of JSON Lines":     {format(object{"kind": "JSONL", "headerRow": 2}), form + "headerRow", "kind"},
		"impossible sheet":             {format(object{"sheet": "a/b"}), form + "sheet", "bytes"},
		"long sheet":                   {format(object{"sheet": strings.Repeat("x", 32)}), form + "sheet", "long"},
		"header row below 0":           {format(object{"headerRow": -1}), form + "headerRow", "few"},
		"unknown locale":               {format(object{"locale": "xx"}), form + "locale", "enum"},
		"decimal separator":            {format(object{"decimalSeparator": ";"}), form + "decimalSeparator", "enum"},
		"thousands separator":          {format(object{"thousandsSeparator": "_"}), form + "thousandsSeparator", "enum"},
		"separators alike":             {format(object{"thousandsSeparator": ",", "decimalSeparator": ","}), form + "thousandsSeparator", "same"},
		"separator is the locale's":    {format(object{"thousandsSeparator": ",", "locale": "tr"}), form + "thousandsSeparator", "same"},
		"bad date format":              {format(object{"dateFormats": []any{"YYYY-MM-DD", "DD/MM"}}), form + "dateFormats 1", "layout"},
		"NUL in a layout":              {column(1, "format", "YYYY-MM-DD[\x00]"), at + "1 format", "layout"},
		"NUL in a date format":         {format(object{"dateFormats": []any{"YYYY[\x00]"}}), form + "dateFormats 0", "layout"},
		"21 date formats":              {format(object{"dateFormats": layouts}), form + "dateFormats", "many"},
		"the machine's time zone":      {format(object{"timeZone": "localtime"}), form + "timeZone", "unknown"},
		"a zone with leap seconds":     {format(object{"timeZone": "right/UTC"}), form + "timeZone", "unknown"},
		"unknown time zone":            {format(object{"timeZone": "Mars/Olympus"}), form + "timeZone", "unknown"},
	}
	require.GreaterOrEqual(t, len(cases), 25)
	idle(t, func(t *testing.T, w *world) {
		a := w.must(w.manager, create, object{"in": whole()})
		require.Empty(t, a.at("createImportDefinition", "userErrors"))
		id := a.at("createImportDefinition", "importDefinition", "id")
		for name, c := range cases {
			in := whole()
			in["name"] = "Another"
			c.fault(in)
			a := w.must(w.manager, `mutation ($in: CreateImportDefinitionInput!) { createImportDefinition(input: $in) {
				importDefinition { id } userErrors { code field message params { name value } } } }`, object{"in": in})
			require.Nil(t, a.at("createImportDefinition", "importDefinition"), name)
			first, _ := a.at("createImportDefinition", "userErrors", 0).(object)
			require.Equal(t, "DEFINITION_INVALID", first["code"], name)
			require.Equal(t, "input "+c.field, joined(first["field"]), name)
			require.NotEmpty(t, first["message"], name)
			require.Equal(t, object{"name": "rule", "value": c.rule}, first["params"].([]any)[0], name)

			delete(in, "name")
			in["id"], in["expectedVersion"] = id, 1
			b := w.must(w.manager, `mutation ($in: UpdateImportDefinitionInput!) { updateImportDefinition(input: $in) {
				importDefinition { id } userErrors { code field message params { name value } } } }`, object{"in": in})
			require.Nil(t, b.at("updateImportDefinition", "importDefinition"), name)
			require.Equal(t, a.at("createImportDefinition", "userErrors"), b.at("updateImportDefinition", "userErrors"), name)
		}
		after := w.must(w.reader, `query ($id: ID!) { importDefinition(id: $id) { version versions { totalCount } }
			importDefinitions(filter: {archived: null}) { totalCount } }`, object{"id": id})
		require.EqualValues(t, 1, after.at("importDefinition", "version"))
		require.EqualValues(t, 1, after.at("importDefinition", "versions", "totalCount"))
		require.EqualValues(t, 1, after.at("importDefinitions", "totalCount"))
	})
}

// The columns and outputs of the file that meter is.
var (
	columnsOfMeter = []definition.Column{
		{Name: "site", Type: definition.TypeString, Role: definition.RoleSiteIdentifier},
		{Name: "date", Type: definition.TypeDate, Role: definition.RolePeriod},
		{Name: "kwh", Type: definition.TypeNumber},
	}
	outputsOfMeter = []definition.Output{{
		Key: "kwh", Label: "kwh", Type: definition.OutputNumber, Aggregate: definition.Sum, Column: "kwh",
		PeriodUnit: definition.Monthly,
	}}
)

func joined(path any) string {
	var steps []string
	for _, step := range path.([]any) {
		steps = append(steps, step.(string))
	}
	return strings.Join(steps, " ")
}

// TestWhatRanCanAlwaysBeSeen changes a definition between and after imports.
func TestWhatRanCanAlwaysBeSeen(t *testing.T) {
	t.Parallel()
	working(t, func(t *testing.T, w *world) {
		id := w.define(w.manager, "Energy")
		history := w.upload(w.collector, "meter.csv", meter)
		first := w.start(w.collector, object{"uploadHistoryId": history, "importDefinitionId": id})
		require.Equal(t, "COMPLETED", w.finish(w.collector, first)["status"])
		a := w.must(w.manager, `mutation ($id: ID!) { updateImportDefinition(input: {id: $id, expectedVersion: 1,
			outputSchema: [{key: "most", aggregate: MAX, column: "kwh", periodUnit: YEARLY}]}) {
			importDefinition { version } userErrors { code message } } }`, object{"id": id})
		require.EqualValues(t, 2, a.at("updateImportDefinition", "importDefinition", "version"))
		second := w.start(w.collector, object{"uploadHistoryId": history, "importDefinitionId": id})
		older := w.start(w.collector, object{"uploadHistoryId": history, "importDefinitionId": id, "version": 1})
		require.Equal(t, "COMPLETED", w.finish(w.collector, second)["status"])
		require.Equal(t, "COMPLETED", w.finish(w.collector, older)["status"])

		a = w.must(w.reader, `query ($a: ID!, $b: ID!, $c: ID!, $id: ID!) {
			first: import(id: $a) { ...Ran } second: import(id: $b) { ...Ran } older: import(id: $c) { ...Ran }
			importDefinition(id: $id) { version current { id number } versions { nodes { id number outputSchema { key } createdBy { name } definition { id } } } }
		} fragment Ran on Import { definitionVersion ranWith { id number outputSchema { key } } }`,
			object{"a": first, "b": second, "c": older, "id": id})
		require.EqualValues(t, 1, a.at("first", "definitionVersion"))
		require.EqualValues(t, 2, a.at("second", "definitionVersion"))
		require.Equal(t, a.at("first", "ranWith"), a.at("older", "ranWith"))
		require.Equal(t, "kwh", a.at("first", "ranWith", "outputSchema", 0, "key"))
		require.Equal(t, "most", a.at("second", "ranWith", "outputSchema", 0, "key"))
		require.EqualValues(t, 2, a.at("importDefinition", "versions", "nodes", 0, "number"), "newest first")
		require.Equal(t, a.at("second", "ranWith", "id"), a.at("importDefinition", "current", "id"))
		require.Equal(t, a.at("first", "ranWith", "id"), a.at("importDefinition", "versions", "nodes", 1, "id"))
		require.Equal(t, id, a.at("importDefinition", "versions", "nodes", 1, "definition", "id"))

		version := a.at("first", "ranWith", "id").(string)
		prefix, _, _ := prefixid.Parse(version)
		require.Equal(t, prefixid.Version, prefix)
		node := `query ($id: ID!) { node(id: $id) { id ... on ImportDefinitionVersion { number definition { name } createdBy { name } } } }`
		require.Equal(t, object{
			"id": version, "number": 1.0, "definition": object{"name": "Energy"}, "createdBy": object{"name": "manager"},
		}, w.must(w.reader, node, object{"id": version}).at("node"))
		require.Nil(t, w.must(w.foreigner, node, object{"id": version}).at("node"))

		// An archived definition takes no imports, and what it ran stays to be seen.
		w.must(w.manager, `mutation ($id: ID!) { archiveImportDefinition(input: {id: $id}) { userErrors { code } } }`, object{"id": id})
		require.NotNil(t, w.must(w.reader, node, object{"id": version}).at("node"))
	})
}

func TestASystemWideDefinitionIsForAllAndChangedByNoneOfThem(t *testing.T) {
	t.Parallel()
	working(t, func(t *testing.T, w *world) {
		var shared string
		w.as(prefixid.System, func(ctx context.Context) {
			c := w.db.Client()
			d := c.ImportDefinition.Create().SetOrganizationID(prefixid.System).SetName("Shared").SetNormalizedName("shared").
				SetInputSchema(columnsOfMeter).SetOutputSchema(outputsOfMeter).SetFormat(definition.Format{}).SaveX(ctx)
			c.ImportDefinitionVersion.Create().SetOrganizationID(prefixid.System).SetImportDefinitionID(d.ID).SetNumber(1).
				SetInputSchema(d.InputSchema).SetOutputSchema(d.OutputSchema).SetFormat(d.Format).
				SetOnInvalidRow(d.OnInvalidRow).SetOnUnknownSite(d.OnUnknownSite).ExecX(ctx)
			shared = d.ID
		})
		for _, v := range []viewer.Viewer{w.reader, w.foreigner} {
			a := w.must(v, `query ($id: ID!) { importDefinition(id: $id) { name organization { id } current { number createdBy { name } } template { url } }
				importDefinitions(filter: {systemWide: true}) { totalCount }
				matchImportDefinitions(columns: ["site", "date", "kwh"]) { definition { id } isValid } }`, object{"id": shared})
			require.Equal(t, "Shared", a.at("importDefinition", "name"))
			require.Nil(t, a.at("importDefinition", "organization"))
			require.EqualValues(t, 1, a.at("importDefinition", "current", "number"))
			require.EqualValues(t, 1, a.at("importDefinitions", "totalCount"))
			require.Equal(t, shared, a.at("matchImportDefinitions", 0, "definition", "id"))
		}
		for _, v := range []viewer.Viewer{w.manager, w.owner, w.foreigner} {
			a := w.must(v, `mutation ($id: ID!) {
				updateImportDefinition(input: {id: $id, expectedVersion: 1, name: "Mine"}) { importDefinition { id } userErrors { code field } }
				archiveImportDefinition(input: {id: $id}) { importDefinition { id } userErrors { code field } } }`, object{"id": shared})
			for _, field := range []string{"updateImportDefinition", "archiveImportDefinition"} {
				require.Nil(t, a.at(field, "importDefinition"))
				require.Equal(t, []any{object{"code": "FORBIDDEN", "field": []any{"input", "id"}}}, a.at(field, "userErrors"))
			}
		}
		history := w.upload(w.collector, "meter.csv", meter)
		p := w.must(w.collector, previewDocument, object{"in": object{"uploadHistoryId": history, "importDefinitionId": shared}})
		require.Empty(t, p.at("previewImport", "userErrors"))
		require.NotEmpty(t, p.at("previewImport", "results"))
		run := w.start(w.collector, object{"uploadHistoryId": history, "importDefinitionId": shared})
		require.Equal(t, "COMPLETED", w.finish(w.collector, run)["status"])
		a := w.must(w.reader, `query ($id: ID!, $d: ID!) { import(id: $id) { ranWith { number definition { id } } } importDefinition(id: $d) { name archivedAt version } }`,
			object{"id": run, "d": shared})
		require.Equal(t, shared, a.at("import", "ranWith", "definition", "id"))
		require.Equal(t, object{"name": "Shared", "archivedAt": nil, "version": 1.0}, a.at("importDefinition"))
	})
}
