package graph

import (
	"context"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/lexer"
	"github.com/vektah/gqlparser/v2/parser"
)

// documentLimits bound a document before it is validated, because validation itself is quadratic in
// repeated fields and exponential in nested fragments. Everything is counted once per fragment.
type documentLimits struct {
	bytes, tokens, depth, aliases, fields, expanded int
	known                                           graphql.Cache[*ast.QueryDocument]
}

var _ graphql.OperationParameterMutator = (*documentLimits)(nil)

// ExtensionName is gqlgen's.
func (*documentLimits) ExtensionName() string { return "DocumentLimits" }

// Validate is gqlgen's.
func (*documentLimits) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationParameters refuses documents beyond the limits with LIMIT_EXCEEDED. What does not parse is left to the
// parser, which says so better.
func (l *documentLimits) MutateOperationParameters(ctx context.Context, params *graphql.RawParams) *gqlerror.Error {
	if _, ok := l.known.Get(ctx, params.Query); ok {
		return nil
	}
	if len(params.Query) > l.bytes {
		return beyond("The document has %d bytes; at most %d are allowed.", len(params.Query), l.bytes)
	}
	source := &ast.Source{Input: params.Query}
	if tokens, ok := countTokens(source, l.tokens); !ok {
		return beyond("The document has more than %d tokens.", tokens)
	}
	doc, err := parser.ParseQuery(source)
	if err != nil {
		return nil //nolint:nilerr // the executor parses again and reports it
	}
	count := counter{doc: doc, fragments: map[string]*weight{}}
	for _, op := range doc.Operations {
		w := count.of(op.SelectionSet)
		switch {
		case w.depth > l.depth:
			return beyond("The document is nested %d levels deep; at most %d are allowed.", w.depth, l.depth)
		case w.widest > l.fields:
			return beyond("A selection set has %d fields; at most %d are allowed.", w.widest, l.fields)
		case w.widestExpanded > l.expanded:
			return beyond("A selection set has more than %d fields with its fragments.", l.expanded)
		}
	}
	if count.aliases > l.aliases {
		return beyond("The document has %d aliases; at most %d are allowed.", count.aliases, l.aliases)
	}
	return nil
}

func beyond(format string, args ...any) *gqlerror.Error {
	err := gqlerror.Errorf("%s", fmt.Sprintf(format, args...))
	err.Extensions = map[string]any{"code": codeLimit}
	return err
}

// countTokens stops at the first token beyond most.
func countTokens(source *ast.Source, most int) (int, bool) {
	lex := lexer.New(source)
	for n := 0; ; n++ {
		token, err := lex.ReadToken()
		if err != nil || token.Kind == lexer.EOF {
			return n, true
		}
		if n == most {
			return most, false
		}
	}
}

// weight is what a selection set costs.
type weight struct {
	depth          int
	fields         int // of the set itself
	expanded       int // with its fragments
	widest         int // the largest of all sets below
	widestExpanded int
}

// saturated keeps sums of nested fragments from overflowing.
const saturated = 1 << 20

type counter struct {
	doc       *ast.QueryDocument
	fragments map[string]*weight
	aliases   int
}

// of weighs a selection set. Fields of introspection are counted apart: the standard query is deep and harmless.
func (c *counter) of(set ast.SelectionSet) weight {
	var w weight
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			w.fields++
			w.expanded = min(w.expanded+1, saturated)
			if s.Alias != "" && s.Alias != s.Name {
				c.aliases++
			}
			if s.Name == "__schema" || s.Name == "__type" {
				w.depth = max(w.depth, 1)
				continue
			}
			below := c.of(s.SelectionSet)
			w.depth = max(w.depth, below.depth+1)
			w.include(below)
		case *ast.InlineFragment:
			w.spread(c.of(s.SelectionSet))
		case *ast.FragmentSpread:
			w.spread(c.fragment(s.Name))
		}
	}
	w.widest = max(w.widest, w.fields)
	w.widestExpanded = max(w.widestExpanded, w.expanded)
	return w
}

func (w *weight) include(below weight) {
	w.widest = max(w.widest, below.widest)
	w.widestExpanded = max(w.widestExpanded, below.widestExpanded)
}

func (w *weight) spread(below weight) {
	w.depth = max(w.depth, below.depth)
	w.expanded = min(w.expanded+below.expanded, saturated)
	w.include(below)
}

// fragment weighs a fragment once; one that spreads itself weighs nothing there, and validation refuses it.
func (c *counter) fragment(name string) weight {
	if w, ok := c.fragments[name]; ok {
		return *w
	}
	w := &weight{}
	c.fragments[name] = w
	if f := c.doc.Fragments.ForName(name); f != nil {
		*w = c.of(f.SelectionSet)
	}
	return *w
}
