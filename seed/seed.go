// Package seed makes the first things in a new database: an organization with its first group and owner, or the
// demonstration, which is an organization with two groups, a person of each role, sites, definitions, and the imports of
// sample files, one of which fails.
//
// server calls it when it starts with the demonstration: Demonstration before anybody signs in, Imports once the queue
// takes jobs. Both may be called at every start, by several replicas at once: what is there is left alone, and what a
// crash left undone is done. Everything that has a command goes through it, as the seeded people, so that the seed obeys
// the same checks as anybody. It may import ent, viewer, prefixid, database, storage, catalog, upload and importer.
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

// Demonstration makes the demonstration organization, all or nothing, unless it is there. SQLite is left alone where it
// has any organization.
func Demonstration(ctx context.Context, db *database.DB, c *catalog.Catalog) error {
	taken, err := anything(ctx, db)
	if err == nil && !taken {
		if err = demonstrate(ctx, db, c); slugTaken(err) {
			err = nil // another replica was faster
		}
	}
	if err != nil {
		return fmt.Errorf("seed the demonstration: %w", err)
	}
	return nil
}

// anything tells whether there is an organization: any that can be seen, which on PostgreSQL is the demonstration's alone.
func anything(ctx context.Context, db *database.DB) (taken bool, err error) {
	ctx = viewer.NewContext(ctx, viewer.System("seed"))
	err = db.LookUp(ctx, Organization, func(ctx context.Context) (err error) {
		taken, err = db.Client().Organization.Query().Where(organization.IDNEQ(database.SystemOrganization)).Exist(ctx)
		return err
	})
	return taken, err
}

func demonstrate(ctx context.Context, db *database.DB, c *catalog.Catalog) error {
	known := map[string]string{} // people of the demonstration who are there, without it
	for _, p := range people {
		id, err := findPerson(ctx, db, p.email)
		if err != nil {
			return err
		}
		known[p.email] = id
	}
	b, ctx := begin(ctx, db)
	return db.Do(ctx, "seed", func(ctx context.Context) error {
		manager, err := populate(ctx, b, known)
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
}

// populate makes the organization, its groups and its people, and returns the one that writes definitions.
func populate(ctx context.Context, b builder, known map[string]string) (manager viewer.Viewer, err error) {
	if err := b.organization(ctx, "Demonstration", Organization); err != nil {
		return manager, err
	}
	ids := make([]string, len(groups))
	for i, name := range groups {
		if ids[i], err = b.group(ctx, name); err != nil {
			return manager, err
		}
	}
	for _, p := range people {
		user := known[p.email]
		if user == "" {
			if user, err = b.person(ctx, p.name, p.email); err != nil {
				return manager, err
			}
		}
		var own []string
		for _, i := range p.groups {
			own = append(own, ids[i])
		}
		if err := b.join(ctx, user, p.role, own...); err != nil {
			return manager, err
		}
		if p.role == viewer.RoleManager {
			manager = viewer.Viewer{UserID: user, OrganizationID: b.id, GroupID: ids[firstGroup], Role: p.role}
		}
	}
	return manager, nil
}
