package graph

import (
	"context"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// mostObjects is how many objects an operation may ask for.
const mostObjects = 5000

// costLimit bounds how many objects an operation may ask for: each field of an object counts one, once for each of the
// objects that it may stand in. A page has as many as its first or last says, a list of memberships or groups as many as
// a page without them; connections, their edges and pageInfo count nothing, nor do lists that belong to their object.
type costLimit struct {
	most int
	page int // the largest of any list
}

var _ graphql.OperationContextMutator = costLimit{}

// ExtensionName is gqlgen's.
func (costLimit) ExtensionName() string { return "CostLimit" }

// Validate is gqlgen's.
func (costLimit) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext refuses a valid document beyond the limit with LIMIT_EXCEEDED.
func (l costLimit) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	p := pricing{page: l.page, variables: op.Variables, fragments: map[string]int{}}
	if cost := p.of(op.Operation.SelectionSet); cost > l.most {
		return beyond("The document asks for up to %d objects; at most %d are allowed. Ask for shorter pages.", cost, l.most)
	}
	return nil
}

// pricing counts what an operation asks for, each fragment once.
type pricing struct {
	page      int
	variables map[string]any
	fragments map[string]int
}

// of is the cost of a selection set, in one object. It stops growing where no limit is.
func (p pricing) of(set ast.SelectionSet) (cost int) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			if !p.skipped(s.Directives) {
				cost += p.field(s)
			}
		case *ast.InlineFragment:
			if !p.skipped(s.Directives) {
				cost += p.of(s.SelectionSet)
			}
		case *ast.FragmentSpread:
			if p.skipped(s.Directives) {
				continue
			}
			if _, known := p.fragments[s.Name]; !known {
				p.fragments[s.Name] = p.of(s.Definition.SelectionSet)
			}
			cost += p.fragments[s.Name]
		}
		cost = min(cost, saturated)
	}
	return cost
}

func (p pricing) field(f *ast.Field) int {
	if len(f.SelectionSet) == 0 || strings.HasPrefix(f.Name, "__") {
		return 0
	}
	below := p.of(f.SelectionSet)
	if of := f.Definition.Type.Name(); !strings.HasSuffix(of, "Connection") && !strings.HasSuffix(of, "Edge") && of != "PageInfo" {
		below++
	}
	return below * p.times(f)
}

// unpaged are the entities whose lists are no pages. They lead to others that have such lists, and so on.
var unpaged = map[string]bool{"Membership": true, "Group": true}

// times is how many objects a field may have: of a page, of a list of ids.
func (p pricing) times(f *ast.Field) int {
	if ids := f.Definition.Arguments.ForName("ids"); ids != nil {
		list, _ := p.argument(f, "ids").([]any)
		return max(1, len(list))
	}
	if f.Definition.Arguments.ForName("first") == nil {
		if unpaged[f.Definition.Type.Name()] && f.Definition.Type.Elem != nil {
			return defaultPage
		}
		return 1
	}
	for _, name := range []string{"first", "last"} {
		if v := p.argument(f, name); v != nil {
			n, err := graphql.UnmarshalInt(v)
			if err != nil || n < 1 || n > p.page {
				return p.page // whoever reads it refuses it
			}
			return n
		}
	}
	return defaultPage
}

// argument is an argument's value, or its default; nil where there is neither.
func (p pricing) argument(f *ast.Field, name string) any {
	var value *ast.Value
	if given := f.Arguments.ForName(name); given != nil {
		value = given.Value
	} else if known := f.Definition.Arguments.ForName(name); known != nil {
		value = known.DefaultValue
	}
	if value == nil {
		return nil
	}
	v, err := value.Value(p.variables)
	if err != nil {
		return nil
	}
	return v
}

func (p pricing) skipped(directives ast.DirectiveList) bool {
	on := func(name string) (value, given bool) {
		d := directives.ForName(name)
		if d == nil {
			return false, false
		}
		value, given = d.ArgumentMap(p.variables)["if"].(bool)
		return value, given
	}
	skip, _ := on("skip")
	include, given := on("include")
	return skip || given && !include
}
