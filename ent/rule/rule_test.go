package rule_test

import (
	"cmp"
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"

	"entgo.io/ent/privacy"
	"github.com/stretchr/testify/require"

	"entrepot/ent"
	"entrepot/ent/rule"
	"entrepot/internal/testdb"
	"entrepot/viewer"
)

// types are the clients of all types, by name.
func types(client *ent.Client) map[string]reflect.Value {
	all := map[string]reflect.Value{}
	v := reflect.ValueOf(client).Elem()
	for i := range v.NumField() {
		if f := v.Field(i); v.Type().Field(i).IsExported() && f.Kind() == reflect.Pointer && f.MethodByName("Query").IsValid() {
			all[v.Type().Field(i).Name] = f
		}
	}
	return all
}

// try does everything that a type's client can do, and gives the error of each.
func try(ctx context.Context, client reflect.Value) map[string]error {
	one := func(builder reflect.Value, method string) error {
		out := builder.MethodByName(method).Call([]reflect.Value{reflect.ValueOf(ctx)})
		err, _ := out[len(out)-1].Interface().(error)
		return err
	}
	call := func(method string) reflect.Value { return client.MethodByName(method).Call(nil)[0] }
	return map[string]error{
		"All":    one(call("Query"), "All"),
		"Count":  one(call("Query"), "Count"),
		"Exist":  one(call("Query"), "Exist"),
		"IDs":    one(call("Query"), "IDs"),
		"Create": one(call("Create"), "Save"),
		"Update": one(call("Update"), "Save"),
		"Delete": one(call("Delete"), "Exec"),
	}
}

func TestEveryTypeDeniesWhoeverIsNoViewer(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	all := types(db.Client())
	require.Len(t, all, 19, "a new type is meant to be seen here")
	for name, ctx := range map[string]context.Context{
		"nobody":               context.Background(),
		"without anything":     viewer.NewContext(context.Background(), viewer.Viewer{}),
		"without organization": viewer.NewContext(context.Background(), viewer.Viewer{UserID: "user-1", Role: viewer.RoleOwner}),
	} {
		for typeName, client := range all {
			require.NoError(t, db.Do(ctx, "test", func(ctx context.Context) error {
				for operation, err := range try(ctx, client) {
					require.ErrorIs(t, err, privacy.Deny, "%s: %s of %s", name, operation, typeName)
					require.ErrorIs(t, err, rule.ErrForbidden, "%s: %s of %s", name, operation, typeName)
				}
				return nil
			}))
		}
	}
}

// TestPeopleWriteWhatTheirRoleAllows holds the table of who may create, change and delete which type.
func TestPeopleWriteWhatTheirRoleAllows(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	least := map[string]viewer.Role{
		"Group": viewer.RoleOwner, "Membership": viewer.RoleOwner, "GroupMembership": viewer.RoleOwner,
		"APIToken": viewer.RoleOwner,
		"Site":     viewer.RoleManager, "SiteName": viewer.RoleManager,
		"ImportDefinition": viewer.RoleManager, "ImportDefinitionVersion": viewer.RoleManager,
		"ImportRun": viewer.RoleCollector, "ReviewUploadHistory": viewer.RoleCollector, "IssuedUpload": viewer.RoleCollector,
		// Written by parts of the server only.
		"Organization": "", "User": "", "ImportResult": "", "ImportRowError": "", "ImportLease": "", "ImportTurn": "",
		"ImportLogLine": "", "OrganizationSweep": "",
	}
	read := map[string]viewer.Role{"APIToken": viewer.RoleOwner} // all others: every role
	for typeName, client := range types(db.Client()) {
		require.Contains(t, least, typeName)
		for _, role := range []viewer.Role{viewer.RoleViewer, viewer.RoleCollector, viewer.RoleManager, viewer.RoleOwner} {
			ctx := viewer.NewContext(context.Background(), viewer.Viewer{
				UserID: "user-1", OrganizationID: "org-1", GroupID: "grp-1", Role: role,
			})
			allowed := least[typeName] != "" && role.Includes(least[typeName])
			require.NoError(t, db.Do(ctx, "test", func(ctx context.Context) error {
				for operation, err := range try(ctx, client) {
					if slices.Contains([]string{"All", "Count", "Exist", "IDs"}, operation) {
						require.Equal(t, role.Includes(cmp.Or(read[typeName], viewer.RoleViewer)), err == nil,
							"%s of %s as %s: %v", operation, typeName, role, err)
						continue
					}
					require.Equal(t, !allowed, errors.Is(err, rule.ErrForbidden), "%s of %s as %s: %v", operation, typeName, role, err)
				}
				return nil
			}))
		}
	}
}
