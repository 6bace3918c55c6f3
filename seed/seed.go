// Package seed fills a new embedded database with the demonstration: an organization with two groups, a person of each
// role, sites, definitions, and the imports of sample files, one of which fails.
//
// server calls it when it starts on SQLite: Demonstration before anybody signs in, Imports once the queue takes jobs.
// Both may be called at every start: what is there is left alone, and what a crash left undone is done. Everything that
// has a command goes through it, as the seeded people, so that the seed obeys the same checks as anybody. It may import
// ent, viewer, database, storage, catalog, upload and importer.
package seed

import (
	"context"
	"fmt"

	"entrepot/catalog"
	"entrepot/database"
	"entrepot/ent/organization"
	"entrepot/viewer"
)

// Organization is the short name of the demonstration organization.
const Organization = "demo"

const (
	collectorEmail = "collector@demo.example"

	firstGroup, secondGroup = 0, 1
)

var groups = []string{"Measurements", "Reviews"}

var people = []struct {
	name, email string
	role        viewer.Role
	groups      []int
}{
	{"Olivia Owner", "owner@demo.example", viewer.RoleOwner, []int{firstGroup, secondGroup}},
	{"Malik Manager", "manager@demo.example", viewer.RoleManager, []int{firstGroup, secondGroup}},
	{"Carmen Collector", collectorEmail, viewer.RoleCollector, []int{firstGroup}},
	{"Viktor Viewer", "viewer@demo.example", viewer.RoleViewer, []int{firstGroup}},
	{"Noor Nogroup", "nogroup@demo.example", viewer.RoleCollector, nil},
}

// Demonstration fills an empty database, all or nothing, and leaves one alone that has an organization.
func Demonstration(ctx context.Context, db *database.DB, c *catalog.Catalog) error {
	ctx = viewer.NewContext(ctx, viewer.System("seed"))
	err := db.Do(ctx, "seed", func(ctx context.Context) error {
		taken, err := db.Client().Organization.Query().Where(organization.IDNEQ(database.SystemOrganization)).Exist(ctx)
		if err != nil || taken {
			return err
		}
		manager, err := populate(ctx, db)
		if err != nil {
			return err
		}
		ctx = viewer.NewContext(ctx, manager)
		for _, site := range sites {
			if _, err := c.CreateSite(ctx, site); err != nil {
				return fmt.Errorf("site %s: %w", site.Key, err)
			}
		}
		for _, definition := range definitions() {
			if _, err := c.CreateDefinition(ctx, definition); err != nil {
				return fmt.Errorf("definition %q: %w", definition.Name, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("seed the demonstration: %w", err)
	}
	return nil
}

// populate makes the organization, its groups and its people, and returns the one that writes definitions.
func populate(ctx context.Context, db *database.DB) (manager viewer.Viewer, err error) {
	c := db.Client()
	home, err := c.Organization.Create().SetName("Demonstration").SetSlug(Organization).Save(ctx)
	if err != nil {
		return manager, err
	}
	groupIDs := make([]string, len(groups))
	for i, name := range groups {
		g, err := c.Group.Create().SetOrganizationID(home.ID).SetName(name).Save(ctx)
		if err != nil {
			return manager, err
		}
		groupIDs[i] = g.ID
	}
	for _, p := range people {
		user, err := c.User.Create().SetName(p.name).SetEmail(p.email).Save(ctx)
		if err != nil {
			return manager, err
		}
		if err := c.Membership.Create().SetOrganizationID(home.ID).SetUserID(user.ID).SetRole(p.role).
			Exec(ctx); err != nil {
			return manager, err
		}
		for _, i := range p.groups {
			if err := c.GroupMembership.Create().SetOrganizationID(home.ID).SetUserID(user.ID).SetGroupID(groupIDs[i]).
				Exec(ctx); err != nil {
				return manager, err
			}
		}
		if p.role == viewer.RoleManager {
			manager = viewer.Viewer{
				UserID: user.ID, OrganizationID: home.ID, GroupID: groupIDs[firstGroup], Role: p.role,
			}
		}
	}
	return manager, nil
}
