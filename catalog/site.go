package catalog

import (
	"context"
	"fmt"
	"strconv"

	"entrepot/database"
	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/site"
	"entrepot/ent/sitename"
	"entrepot/refusal"
	"entrepot/viewer"
)

const maxAliases = 100

// NewSite is what a site is made from.
type NewSite struct {
	Key, Name string
	Aliases   []string
}

// CreateSite makes a site. Refusals: FORBIDDEN below MANAGER, INVALID_INPUT, NAME_TAKEN where the key, the name or an alias
// is one of another site, whatever its case and accents.
func (c *Catalog) CreateSite(ctx context.Context, in NewSite) (*ent.Site, error) {
	if _, err := refusal.Viewer(ctx, viewer.RoleManager, false); err != nil {
		return nil, err
	}
	in, err := in.checked()
	if err != nil {
		return nil, err
	}
	var made *ent.Site
	err = c.db.Do(ctx, "createSite", func(ctx context.Context) error {
		if err := c.free(ctx, "", in); err != nil {
			return err
		}
		made, err = c.db.Client().Site.Create().SetKey(in.Key).SetName(in.Name).SetAliases(in.Aliases).Save(ctx)
		if err != nil {
			return siteTaken(err)
		}
		return c.name(ctx, made)
	})
	if err != nil {
		return nil, fmt.Errorf("create site: %w", err)
	}
	return made, nil
}

// SiteChange is what to change in a site; a nil field keeps.
type SiteChange struct {
	ID        string
	Key, Name *string
	Aliases   *[]string
}

// UpdateSite changes a site; results that carry its key keep it. Refusals: as CreateSite, and NOT_FOUND.
func (c *Catalog) UpdateSite(ctx context.Context, in SiteChange) (*ent.Site, error) {
	if _, err := refusal.Viewer(ctx, viewer.RoleManager, false); err != nil {
		return nil, err
	}
	var changed *ent.Site
	err := c.db.Do(ctx, "updateSite", func(ctx context.Context) error {
		if err := c.db.Hold(ctx, site.Table, in.ID); err != nil {
			return err
		}
		site, err := c.db.Client().Site.Get(ctx, in.ID)
		if ent.IsNotFound(err) {
			return refusal.New(refusal.NotFound, refusal.Input("id"), "There is no such site.")
		}
		if err != nil {
			return err
		}
		want := NewSite{Key: site.Key, Name: site.Name, Aliases: site.Aliases}
		set(&want.Key, in.Key)
		set(&want.Name, in.Name)
		set(&want.Aliases, in.Aliases)
		if want, err = want.checked(); err != nil {
			return err
		}
		if err := c.free(ctx, site.ID, want); err != nil {
			return err
		}
		changed, err = site.Update().SetKey(want.Key).SetName(want.Name).SetAliases(want.Aliases).Save(ctx)
		if err != nil {
			return siteTaken(err)
		}
		if _, err := c.db.Client().SiteName.Delete().Where(sitename.SiteID(site.ID)).Exec(ctx); err != nil {
			return err
		}
		return c.name(ctx, changed)
	})
	if err != nil {
		return nil, fmt.Errorf("update site: %w", err)
	}
	return changed, nil
}

// checked trims everything and tells what is wrong.
func (in NewSite) checked() (NewSite, error) {
	var wrong refusal.Errors
	out := NewSite{
		Key:     name(&wrong, refusal.Input("key"), "The key", in.Key),
		Name:    name(&wrong, refusal.Input("name"), "The name", in.Name),
		Aliases: []string{},
	}
	if len(in.Aliases) > maxAliases {
		return out, refusal.New(refusal.InvalidInput, refusal.Input("aliases"), "A site has at most %d aliases.", maxAliases)
	}
	for i, alias := range in.Aliases {
		out.Aliases = append(out.Aliases, name(&wrong, refusal.Input("aliases", strconv.Itoa(i)), "The alias", alias))
	}
	return out, wrong.OrNil()
}

// spelling is one way to write a site, and where it was given.
type spelling struct {
	normalized string
	field      []string
	text       string
}

// spellings are the distinct ones, the first place of each.
func (in NewSite) spellings() []spelling {
	all := []spelling{
		{definition.NormalizeName(in.Key), refusal.Input("key"), in.Key},
		{definition.NormalizeName(in.Name), refusal.Input("name"), in.Name},
	}
	for i, alias := range in.Aliases {
		all = append(all, spelling{definition.NormalizeName(alias), refusal.Input("aliases", strconv.Itoa(i)), alias})
	}
	var distinct []spelling
	seen := map[string]bool{}
	for _, s := range all {
		if !seen[s.normalized] {
			seen[s.normalized] = true
			distinct = append(distinct, s)
		}
	}
	return distinct
}

// free refuses spellings that another site has.
func (c *Catalog) free(ctx context.Context, siteID string, in NewSite) error {
	given := in.spellings()
	normalized := make([]string, len(given))
	for i, s := range given {
		normalized[i] = s.normalized
	}
	names, err := c.db.Client().SiteName.Query().
		Where(sitename.NormalizedIn(normalized...), sitename.SiteIDNEQ(siteID)).All(ctx)
	if err != nil {
		return err
	}
	used := map[string]bool{}
	for _, n := range names {
		used[n.Normalized] = true
	}
	var wrong refusal.Errors
	for _, s := range given {
		if used[s.normalized] {
			wrong.Add(refusal.NameTaken, s.field, "Another site is known as '%s' already.", s.text)
		}
	}
	return wrong.OrNil()
}

// name writes the spellings that files are matched with.
func (c *Catalog) name(ctx context.Context, site *ent.Site) error {
	given := NewSite{Key: site.Key, Name: site.Name, Aliases: site.Aliases}.spellings()
	creates := make([]*ent.SiteNameCreate, len(given))
	for i, s := range given {
		creates[i] = c.db.Client().SiteName.Create().SetSiteID(site.ID).SetNormalized(s.normalized)
	}
	if err := c.db.Client().SiteName.CreateBulk(creates...).Exec(ctx); err != nil {
		return siteTaken(err)
	}
	return nil
}

// siteTaken turns a refusal by a unique index, which two at once meet, into one that a person understands.
func siteTaken(err error) error {
	if violated, ok := database.AsConstraint(err); ok && violated.Kind == database.Unique {
		return refusal.New(refusal.NameTaken, refusal.Input("key"), "Another site has this key, name or an alias of it already.")
	}
	return err
}
