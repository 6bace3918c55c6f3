package graph

import (
	"context"
	"reflect"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// enumNames refuses variables with a value of an enum that is spelled in another case: the validator takes them for the
// value, and nothing behind it does (GraphQL, section 3.9: names of enum values are case-sensitive).
type enumNames struct{ schema *ast.Schema }

var _ graphql.OperationContextMutator = enumNames{}

// ExtensionName implements graphql.HandlerExtension.
func (enumNames) ExtensionName() string { return "EnumNames" }

// Validate implements graphql.HandlerExtension.
func (enumNames) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext looks at the variables once they are validated, before anything is executed.
func (e enumNames) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	for _, v := range op.Operation.VariableDefinitions {
		at := ast.Path{ast.PathName("variable"), ast.PathName(v.Variable)}
		if path := e.misspelled(v.Type, op.Variables[v.Variable], at); path != nil {
			err := gqlerror.ErrorPathf(path, "This is not a value of its enum; values are written as in the schema.")
			err.Extensions = map[string]any{"code": codeBadInput}
			return err
		}
	}
	return nil
}

// misspelled is the path to the first value that its enum does not have; nil for none.
func (e enumNames) misspelled(t *ast.Type, value any, path ast.Path) ast.Path {
	if value == nil {
		return nil
	}
	if t.Elem != nil {
		list := reflect.ValueOf(value)
		if list.Kind() != reflect.Slice { // the validator makes a list, of a type of its own, of one value
			return e.misspelled(t.Elem, value, path)
		}
		for i := range list.Len() {
			at := append(path[:len(path):len(path)], ast.PathIndex(i))
			if found := e.misspelled(t.Elem, list.Index(i).Interface(), at); found != nil {
				return found
			}
		}
		return nil
	}
	definition := e.schema.Types[t.NamedType]
	switch {
	case definition == nil:
	case definition.Kind == ast.Enum:
		if name, ok := value.(string); ok && definition.EnumValues.ForName(name) == nil {
			return path
		}
	case definition.Kind == ast.InputObject:
		object, _ := value.(map[string]any)
		for _, field := range definition.Fields {
			at := append(path[:len(path):len(path)], ast.PathName(field.Name))
			if found := e.misspelled(field.Type, object[field.Name], at); found != nil {
				return found
			}
		}
	}
	return nil
}
