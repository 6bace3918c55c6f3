package graph_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestADocumentThatAsksForTooManyObjectsIsRefusedBeforeAnyStatement(t *testing.T) {
	t.Parallel()
	idle(t, func(t *testing.T, w *world) {
		var aliases strings.Builder
		for i := range 30 {
			fmt.Fprintf(&aliases, "a%d: imports(first: 100) { nodes { importDefinition { id } } } ", i)
		}
		ids := make([]any, 100)
		for i := range ids {
			ids[i] = "imp-0"
		}
		const pages = `query ($n: Int, $m: Int = 50) { imports(first: $n) { nodes { results(first: $m) { nodes { year } } } } }`
		for name, c := range map[string]struct {
			document  string
			variables object
			asks      int // more than 5,000: it is refused
		}{
			"just enough":    {`{ imports(first: 100) { nodes { results(first: 49) { totalCount pageInfo { endCursor } nodes { year } } } } }`, nil, 5000},
			"one more":       {`{ imports(first: 100) { nodes { user { id } results(last: 49) { nodes { year } } } } }`, nil, 5100},
			"edges":          {`{ imports(first: 100) { edges { cursor node { results(first: 50) { edges { node { year } } } } } } }`, nil, 5100},
			"both":           {`{ imports(first: 100) { nodes { results(first: 49) { nodes { year } } } edges { node { id } } } }`, nil, 5100},
			"no sizes":       {`{ imports { nodes { results { nodes { import { results { nodes { id } } } } } } } }`, nil, 20 * (1 + 20*(1+1+20))},
			"a variable":     {pages, object{"n": 60, "m": 100}, 6060},
			"its default":    {pages, object{"n": 100}, 5100},
			"a small one":    {pages, object{"n": 1, "m": 100}, 101},
			"none":           {pages, object{"n": nil, "m": 100}, 20 * 101},
			"aliases":        {"{ " + aliases.String() + "}", nil, 30 * 200},
			"fragments":      {`{ imports(first: 100) { nodes { ...R ...R } } } fragment R on Import { results(first: 25) { nodes { year } } }`, nil, 5100},
			"an inline one":  {`{ imports(first: 100) { nodes { ... on Import { results(first: 50) { nodes { year } } } } } }`, nil, 5100},
			"ids":            {`query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Import { results(first: 50) { nodes { id } } } } }`, object{"ids": ids}, 5100},
			"skipped":        {`query ($n: Int, $no: Boolean = false) { imports(first: $n) { nodes { results(first: 100) @include(if: $no) { nodes { year } } ... @skip(if: true) { user { id } } } } }`, object{"n": 100}, 100},
			"included":       {`query ($n: Int, $no: Boolean = false) { imports(first: $n) { nodes { results(first: 100) @include(if: $no) { nodes { year } } } } }`, object{"n": 100, "no": true}, 10100},
			"another's":      {`query A { viewer { role } } query B { imports(first: 100) { nodes { results(first: 100) { nodes { id } } } } }`, nil, 1},
			"a subscription": {`subscription { importStatusChanged { results(first: 100) { nodes { import { results(first: 100) { nodes { id } } } } } } }`, nil, 10201},
			"introspection":  {`{ __schema { types { fields { type { ofType { name } } } } } }`, nil, 0},
			"groups":         {`{ viewer { memberships { user { id } organization { id } groups { id } } } }`, nil, 1 + 20*(1+1+1+20)},
			"groups of theirs": {
				`{ viewer { organization { groups { organization { groups { organization { groups { id } } } } } } } }`, nil,
				1 + 1 + 20*(1+1+20*(1+1+20)),
			},
			"a page too long": {`{ imports(first: 1000) { nodes { id } } }`, nil, 100},
		} {
			var a answer
			body := object{"query": c.document, "variables": c.variables}
			if name == "another's" {
				body["operationName"] = "A"
			}
			statements := w.statements.during(func() { a = w.send(w.reader, body) })
			switch {
			case c.asks > 5000:
				require.Equal(t, "LIMIT_EXCEEDED", a.code(), name)
				require.Equal(t, fmt.Sprintf("The document asks for up to %d objects; at most 5000 are allowed. Ask for shorter pages.", c.asks),
					a.Errors[0].Message, name)
				require.Empty(t, statements, name)
			case name == "a page too long":
				require.Equal(t, "BAD_USER_INPUT", a.code())
			default:
				require.Empty(t, a.Errors, name)
			}
		}
	})
}
