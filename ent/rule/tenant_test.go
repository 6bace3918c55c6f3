package rule_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entrepot/database"
	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/rule"
	"entrepot/internal/testdb"
	"entrepot/prefixid"
	"entrepot/viewer"
)

// tenant is an organization with one row of every type in it.
type tenant struct {
	org, group, user, definition, version, run, site string
	history                                          int64
}

func (x tenant) tokenHash() string { return fmt.Sprintf("%064x", x.org) }

func fill(t *testing.T, db *database.DB, name string) tenant {
	t.Helper()
	x := tenant{org: prefixid.New(prefixid.Organization)}
	ctx := viewer.NewContext(context.Background(), viewer.Worker("test", x.org))
	require.NoError(t, db.Do(ctx, "fill", func(ctx context.Context) error {
		c := db.Client()
		v := definition.Version{
			Columns: []definition.Column{{Name: "kwh", Type: definition.TypeNumber}},
			Outputs: []definition.Output{{Key: "kwh", Aggregate: definition.Sum, Column: "kwh"}},
		}.Normalize()
		c.Organization.Create().SetID(x.org).SetName(name).SetSlug(name).ExecX(ctx)
		x.user = c.User.Create().SetName(name).SetEmail(name + "@example.org").SaveX(ctx).ID
		c.Membership.Create().SetOrganizationID(x.org).SetUserID(x.user).SetRole(viewer.RoleOwner).ExecX(ctx)
		x.group = c.Group.Create().SetOrganizationID(x.org).SetName("G").SaveX(ctx).ID
		c.GroupMembership.Create().SetOrganizationID(x.org).SetGroupID(x.group).SetUserID(x.user).ExecX(ctx)
		c.APIToken.Create().SetOrganizationID(x.org).SetGroupID(x.group).SetCreatedByID(x.user).SetName("T").
			SetRole(viewer.RoleManager).SetTokenHash(x.tokenHash()).ExecX(ctx)
		x.site = c.Site.Create().SetOrganizationID(x.org).SetKey("s").SetName("S").SaveX(ctx).ID
		c.SiteName.Create().SetOrganizationID(x.org).SetSiteID(x.site).SetNormalized("s").ExecX(ctx)
		x.definition = c.ImportDefinition.Create().SetOrganizationID(x.org).SetName("D").
			SetInputSchema(v.Columns).SetOutputSchema(v.Outputs).SetFormat(v.Format).SaveX(ctx).ID
		x.version = c.ImportDefinitionVersion.Create().SetOrganizationID(x.org).SetImportDefinitionID(x.definition).SetNumber(1).
			SetInputSchema(v.Columns).SetOutputSchema(v.Outputs).SetFormat(v.Format).SaveX(ctx).ID
		x.history = c.ReviewUploadHistory.Create().SetOrganizationID(x.org).SetGroupID(x.group).SetUserID(x.user).
			SetFileName("f.csv").SetGcsPath("gs://local/" + name).SaveX(ctx).ID
		c.IssuedUpload.Create().SetOrganizationID(x.org).SetGroupID(x.group).SetUserID(x.user).SetFileName("f.csv").
			SetGcsPath("gs://local/" + name).SetContentType("text/csv").SetSize(1).SetExpiresAt(time.Now()).ExecX(ctx)
		x.run = c.ImportRun.Create().SetOrganizationID(x.org).SetGroupID(x.group).SetUserID(x.user).
			SetUploadHistoryID(x.history).SetDefinitionOrganizationID(x.org).SetImportDefinitionID(x.definition).
			SetDefinitionVersionID(x.version).SetDefinitionVersion(1).SetFormat(v.Format).
			SetOnInvalidRow(definition.InvalidRowFail).SetFileName("f.csv").SaveX(ctx).ID
		c.ImportResult.Create().SetOrganizationID(x.org).SetImportID(x.run).SetAttempt(1).SetYear(2024).
			SetPeriodUnit(definition.Yearly).SetPeriod(1).SetProcessedData([]byte(`{"kwh":1}`)).SetRowsProcessed(1).ExecX(ctx)
		c.ImportRowError.Create().SetOrganizationID(x.org).SetImportID(x.run).SetPosition(0).SetRow(1).
			SetCode(definition.RowNumberInvalid).SetMessage("m").ExecX(ctx)
		c.ImportRowError.Create().SetOrganizationID(x.org).SetUploadHistoryID(x.history).SetGroupID(x.group).SetPosition(0).
			SetRow(1).SetCode(definition.RowNumberInvalid).SetMessage("m").ExecX(ctx)
		c.ImportLogLine.Create().SetOrganizationID(x.org).SetGroupID(x.group).SetImportID(x.run).SetPosition(0).
			SetLevel(definition.LogLevelInfo).SetMessage("m").ExecX(ctx)
		c.ImportLease.Create().SetID(x.run).SetOrganizationID(x.org).SetAttempt(1).SetWorker("w").
			SetExpiresAt(time.Now()).ExecX(ctx)
		c.ImportTurn.Create().SetID(x.run).SetOrganizationID(x.org).ExecX(ctx)
		return nil
	}))
	return x
}

// TestEntAloneLeaksNothing is about the first wall by itself: on SQLite there is no other. For every type, an owner of
// one organization reads as many rows, and changes and deletes as many, whether or not another organization has some.
func TestEntAloneLeaksNothing(t *testing.T) {
	t.Parallel()
	alone, beside := testdb.NewSQLite(t), testdb.NewSQLite(t)
	mine := map[*database.DB]tenant{alone: fill(t, alone, "mine"), beside: fill(t, beside, "mine")}
	theirs := fill(t, beside, "theirs")
	as := func(db *database.DB) context.Context {
		return viewer.NewContext(context.Background(), viewer.Viewer{
			UserID: mine[db].user, OrganizationID: mine[db].org, GroupID: mine[db].group, Role: viewer.RoleOwner,
		})
	}
	undo := errors.New("undo")
	type operation = func(ctx context.Context, client reflect.Value) (int, error)
	reach := func(db *database.DB, name string, operate operation) (n int, err error) {
		require.ErrorIs(t, db.Do(as(db), "reach", func(ctx context.Context) error {
			n, err = operate(ctx, types(db.Client())[name])
			return undo
		}), undo)
		return n, err
	}
	for name := range types(alone.Client()) {
		for what, operate := range map[string]operation{
			"read":   func(ctx context.Context, c reflect.Value) (int, error) { return count(ctx, c, "Query", "Count") },
			"delete": func(ctx context.Context, c reflect.Value) (int, error) { return count(ctx, c, "Delete", "Exec") },
		} {
			want, err := reach(alone, name, operate)
			got, err2 := reach(beside, name, operate)
			require.Equal(t, want, got, "%s %s", what, name)
			require.Equal(t, errors.Is(err, rule.ErrForbidden), errors.Is(err2, rule.ErrForbidden), "%s %s", what, name)
			if what == "read" && !slices.Contains([]string{"ImportLease", "ImportTurn", "OrganizationSweep"}, name) {
				require.Positive(t, got, "%s %s: a row of one's own is seen", what, name)
			}
		}
	}

	// By id, and through every edge that takes one.
	for what, operate := range map[string]func(ctx context.Context, c *ent.Client) error{
		"import": func(ctx context.Context, c *ent.Client) error { return second(c.ImportRun.Get(ctx, theirs.run)) },
		"definition": func(ctx context.Context, c *ent.Client) error {
			return second(c.ImportDefinition.Get(ctx, theirs.definition))
		},
		"version": func(ctx context.Context, c *ent.Client) error {
			return second(c.ImportDefinitionVersion.Get(ctx, theirs.version))
		},
		"site": func(ctx context.Context, c *ent.Client) error { return second(c.Site.Get(ctx, theirs.site)) },
		"history": func(ctx context.Context, c *ent.Client) error {
			return second(c.ReviewUploadHistory.Get(ctx, theirs.history))
		},
		"group": func(ctx context.Context, c *ent.Client) error { return second(c.Group.Get(ctx, theirs.group)) },
		"user":  func(ctx context.Context, c *ent.Client) error { return second(c.User.Get(ctx, theirs.user)) },
		"org":   func(ctx context.Context, c *ent.Client) error { return second(c.Organization.Get(ctx, theirs.org)) },
		"rename": func(ctx context.Context, c *ent.Client) error {
			return c.Site.UpdateOneID(theirs.site).SetName("x").Exec(ctx)
		},
		"change": func(ctx context.Context, c *ent.Client) error {
			return c.ImportDefinition.UpdateOneID(theirs.definition).SetName("x").Exec(ctx)
		},
		"erase": func(ctx context.Context, c *ent.Client) error { return c.Site.DeleteOneID(theirs.site).Exec(ctx) },
	} {
		err := beside.Do(as(beside), "by id", func(ctx context.Context) error { return operate(ctx, beside.Client()) })
		require.True(t, ent.IsNotFound(err), "%s: %v", what, err)
	}
	for what, write := range map[string]func(ctx context.Context, c *ent.Client) error{
		"into their organization": func(ctx context.Context, c *ent.Client) error {
			return c.Site.Create().SetOrganizationID(theirs.org).SetKey("k").SetName("n").Exec(ctx)
		},
		"a history into their group": func(ctx context.Context, c *ent.Client) error {
			return c.ReviewUploadHistory.Create().SetGroupID(theirs.group).SetFileName("f").SetGcsPath("p").Exec(ctx)
		},
		"a history of their user": func(ctx context.Context, c *ent.Client) error {
			return c.ReviewUploadHistory.Create().SetUserID(theirs.user).SetFileName("f").SetGcsPath("p").Exec(ctx)
		},
		"a name of their site": func(ctx context.Context, c *ent.Client) error {
			return c.SiteName.Create().SetSiteID(theirs.site).SetNormalized("n").Exec(ctx)
		},
		"a version of their definition": func(ctx context.Context, c *ent.Client) error {
			return c.ImportDefinitionVersion.Create().SetImportDefinitionID(theirs.definition).SetNumber(2).
				SetInputSchema(nil).SetOutputSchema(nil).SetFormat(definition.Format{}).Exec(ctx)
		},
		"an import of their history": func(ctx context.Context, c *ent.Client) error {
			own := mine[beside]
			return c.ImportRun.Create().SetUploadHistoryID(theirs.history).SetDefinitionOrganizationID(own.org).
				SetImportDefinitionID(own.definition).SetDefinitionVersionID(own.version).SetDefinitionVersion(1).
				SetFormat(definition.Format{}).SetOnInvalidRow(definition.InvalidRowFail).SetFileName("f").Exec(ctx)
		},
		"a token of their user": func(ctx context.Context, c *ent.Client) error {
			return c.APIToken.Create().SetCreatedByID(theirs.user).SetName("n").SetRole(viewer.RoleViewer).
				SetTokenHash(strings.Repeat("0", 64)).Exec(ctx)
		},
		"a token in their group": func(ctx context.Context, c *ent.Client) error {
			return c.APIToken.Create().SetGroupID(theirs.group).SetName("n").SetRole(viewer.RoleViewer).
				SetTokenHash(strings.Repeat("0", 64)).Exec(ctx)
		},
		"a place in their group": func(ctx context.Context, c *ent.Client) error {
			return c.GroupMembership.Create().SetGroupID(theirs.group).SetUserID(mine[beside].user).Exec(ctx)
		},
	} {
		err := beside.Do(as(beside), "write", func(ctx context.Context) error { return write(ctx, beside.Client()) })
		require.Error(t, err, what)
		_, constraint := database.AsConstraint(err)
		require.True(t, constraint || errors.Is(err, rule.ErrForbidden), "%s: %v", what, err)
	}
}

// TestATokensHashReachesThatTokenAlone is about who comes with an API token, before it is known whose it is.
func TestATokensHashReachesThatTokenAlone(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *database.DB) {
		x := fill(t, db, "mine")
		fill(t, db, "theirs")
		bearing := viewer.NewContext(context.Background(), viewer.ByToken("auth", x.tokenHash()))
		require.NoError(t, db.Do(bearing, "look", func(ctx context.Context) error {
			found, err := db.Client().APIToken.Query().All(ctx)
			require.NoError(t, err)
			require.Len(t, found, 1)
			require.Equal(t, x.org, found[0].OrganizationID)
			require.NotContains(t, found[0].String(), x.tokenHash(), "it is not printed")
			for typeName, client := range types(db.Client()) {
				for operation, err := range try(ctx, client) {
					if typeName == "APIToken" && slices.Contains([]string{"All", "Count", "Exist", "IDs"}, operation) {
						require.NoError(t, err)
						continue
					}
					require.ErrorIs(t, err, rule.ErrForbidden, "%s of %s", operation, typeName)
				}
			}
			return nil
		}))
		unknown := viewer.NewContext(context.Background(), viewer.ByToken("auth", "x"))
		require.NoError(t, db.Read(unknown, func(ctx context.Context) error {
			require.Zero(t, db.Client().APIToken.Query().CountX(ctx))
			return nil
		}))
	})
}

func second[T any](_ T, err error) error { return err }

// count calls a builder's method that gives a number.
func count(ctx context.Context, client reflect.Value, builder, method string) (int, error) {
	out := client.MethodByName(builder).Call(nil)[0].MethodByName(method).Call([]reflect.Value{reflect.ValueOf(ctx)})
	err, _ := out[1].Interface().(error)
	return int(out[0].Int()), err
}
