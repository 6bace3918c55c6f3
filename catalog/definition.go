package catalog

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"time"

	"entrepot/database"
	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/importdefinition"
	"entrepot/refusal"
	"entrepot/viewer"
)

// NewDefinition is what a definition is made from.
type NewDefinition struct {
	Name string
	// Description is for people; blank means none.
	Description string
	// SystemWide asks for a definition of all organizations, which only parts of the server may make.
	SystemWide bool
	Version    definition.Version
}

// CreateDefinition makes a definition with its first version. Refusals: FORBIDDEN below MANAGER, INVALID_INPUT,
// DEFINITION_INVALID with the place of each fault, SCRIPT_INVALID, NAME_TAKEN.
func (c *Catalog) CreateDefinition(ctx context.Context, in NewDefinition) (*ent.ImportDefinition, error) {
	v, err := refusal.Viewer(ctx, viewer.RoleManager, false)
	if err != nil {
		return nil, err
	}
	if in.SystemWide {
		return nil, refusal.New(refusal.Forbidden, refusal.Input("systemWide"),
			"Only platform administrators make definitions for all organizations.")
	}
	var wrong refusal.Errors
	in.Name = name(&wrong, refusal.Input("name"), "The name", in.Name)
	in.Description = wrong.Lines(refusal.Input("description"), "The description", in.Description, maxDescription, false)
	in.Version = check(&wrong, in.Version)
	if err := c.compile(ctx, &wrong, in.Version.Code); err != nil {
		return nil, fmt.Errorf("create definition: %w", err)
	}
	if err := wrong.OrNil(); err != nil {
		return nil, err
	}
	var made *ent.ImportDefinition
	err = c.db.Do(ctx, "createImportDefinition", func(ctx context.Context) error {
		create := c.db.Client().ImportDefinition.Create().
			SetName(in.Name).SetNormalizedName(definition.NormalizeName(in.Name)).
			SetInputSchema(in.Version.Columns).SetOutputSchema(in.Version.Outputs).SetFormat(in.Version.Format).
			SetNillableProcessorCode(orNil(in.Version.Code)).
			SetOnInvalidRow(in.Version.OnInvalidRow).SetOnUnknownSite(in.Version.OnUnknownSite)
		if in.Description != "" {
			create.SetDescription(in.Description)
		}
		var err error
		if made, err = create.Save(ctx); err != nil {
			return taken(err, in.Name)
		}
		return c.addVersion(ctx, v, made)
	})
	if err != nil {
		return nil, fmt.Errorf("create definition: %w", err)
	}
	return made, nil
}

// DefinitionChange is what to change in a definition; a nil field keeps.
type DefinitionChange struct {
	ID string
	// ExpectedVersion is the version that the change was made from.
	ExpectedVersion int
	Name            *string
	// Description is cleared by a blank text.
	Description *string
	Columns     *[]definition.Column
	Outputs     *[]definition.Output
	// Code is cleared by a blank text.
	Code          *string
	Format        *definition.Format
	OnInvalidRow  *definition.InvalidRowPolicy
	OnUnknownSite *definition.UnknownSitePolicy
}

// UpdateDefinition changes name and description in place and makes a new version of anything else that really differs.
// Refusals: FORBIDDEN below MANAGER, or for a system-wide definition; NOT_FOUND; CONFLICT where ExpectedVersion is not
// the current one; DEFINITION_ARCHIVED; and those of CreateDefinition.
func (c *Catalog) UpdateDefinition(ctx context.Context, in DefinitionChange) (*ent.ImportDefinition, error) {
	v, err := refusal.Viewer(ctx, viewer.RoleManager, false)
	if err != nil {
		return nil, err
	}
	var wrong refusal.Errors
	if in.Code != nil { // before anything is locked, for it may take seconds
		if err := c.compile(ctx, &wrong, definition.Version{Code: *in.Code}.Normalize().Code); err != nil {
			return nil, fmt.Errorf("update definition: %w", err)
		}
	}
	var changed *ent.ImportDefinition
	err = c.db.Do(ctx, "updateImportDefinition", func(ctx context.Context) error {
		d, err := c.ownDefinition(ctx, v, in.ID)
		if err != nil {
			return err
		}
		switch {
		case d.ArchivedAt != nil:
			return refusal.New(refusal.DefinitionArchived, refusal.Input("id"), "The definition is archived and changes no more.")
		case d.Version != in.ExpectedVersion:
			return refusal.New(refusal.Conflict, refusal.Input("expectedVersion"),
				"Version %d is current, not %d: read the definition again and repeat the change.", d.Version, in.ExpectedVersion)
		}
		changed, err = c.change(ctx, v, d, in, wrong)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("update definition: %w", err)
	}
	return changed, nil
}

func (c *Catalog) change(
	ctx context.Context, v viewer.Viewer, d *ent.ImportDefinition, in DefinitionChange, wrong refusal.Errors,
) (*ent.ImportDefinition, error) {
	update := d.Update().Where(importdefinition.Version(in.ExpectedVersion))
	called := d.Name
	if in.Name != nil {
		called = name(&wrong, refusal.Input("name"), "The name", *in.Name)
		update.SetName(called).SetNormalizedName(definition.NormalizeName(called))
	}
	if in.Description != nil {
		text := wrong.Lines(refusal.Input("description"), "The description", *in.Description, maxDescription, false)
		if text == "" {
			update.ClearDescription()
		} else {
			update.SetDescription(text)
		}
	}
	have := Version(d)
	want := check(&wrong, in.over(have))
	if err := wrong.OrNil(); err != nil {
		return nil, err
	}
	newVersion := !same(have, want)
	if newVersion {
		update.AddVersion(1).
			SetInputSchema(want.Columns).SetOutputSchema(want.Outputs).SetFormat(want.Format).
			SetOnInvalidRow(want.OnInvalidRow).SetOnUnknownSite(want.OnUnknownSite)
		if want.Code == "" {
			update.ClearProcessorCode()
		} else {
			update.SetProcessorCode(want.Code)
		}
	}
	changed, err := update.Save(ctx)
	switch {
	case ent.IsNotFound(err):
		return nil, refusal.New(refusal.Conflict, refusal.Input("expectedVersion"),
			"Somebody changed the definition in the meantime: read it again and repeat the change.")
	case err != nil:
		return nil, taken(err, called)
	case newVersion:
		err = c.addVersion(ctx, v, changed)
	}
	return changed, err
}

// same tells whether two versions say the same: a format without a time zone means UTC, as it is shown.
func same(a, b definition.Version) bool {
	const utc = "UTC"
	a.Format.TimeZone, b.Format.TimeZone = cmp.Or(a.Format.TimeZone, utc), cmp.Or(b.Format.TimeZone, utc)
	return reflect.DeepEqual(a, b)
}

// over is the version with the given changes.
func (in DefinitionChange) over(v definition.Version) definition.Version {
	set(&v.Columns, in.Columns)
	set(&v.Outputs, in.Outputs)
	set(&v.Code, in.Code)
	set(&v.Format, in.Format)
	set(&v.OnInvalidRow, in.OnInvalidRow)
	set(&v.OnUnknownSite, in.OnUnknownSite)
	return v
}

func set[T any](target, value *T) {
	if value != nil {
		*target = *value
	}
}

// ArchiveDefinition keeps a definition from new imports and frees its name. Archiving again changes nothing. Refusals:
// FORBIDDEN below MANAGER, or for a system-wide definition; NOT_FOUND.
func (c *Catalog) ArchiveDefinition(ctx context.Context, id string) (*ent.ImportDefinition, error) {
	v, err := refusal.Viewer(ctx, viewer.RoleManager, false)
	if err != nil {
		return nil, err
	}
	var archived *ent.ImportDefinition
	err = c.db.Do(ctx, "archiveImportDefinition", func(ctx context.Context) error {
		if archived, err = c.ownDefinition(ctx, v, id); err != nil || archived.ArchivedAt != nil {
			return err
		}
		archived, err = archived.Update().
			SetArchivedAt(time.Now().UTC().Truncate(time.Millisecond)).ClearNormalizedName().Save(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("archive definition: %w", err)
	}
	return archived, nil
}

// ownDefinition finds a definition that the viewer's organization may change, and holds it until the transaction ends.
func (c *Catalog) ownDefinition(ctx context.Context, v viewer.Viewer, id string) (*ent.ImportDefinition, error) {
	if err := c.db.Hold(ctx, importdefinition.Table, id); err != nil {
		return nil, err
	}
	d, err := c.db.Client().ImportDefinition.Get(ctx, id)
	switch {
	case ent.IsNotFound(err):
		return nil, refusal.New(refusal.NotFound, refusal.Input("id"), "There is no such definition.")
	case err != nil:
		return nil, err
	case d.OrganizationID != v.OrganizationID:
		return nil, refusal.New(refusal.Forbidden, refusal.Input("id"),
			"Only platform administrators change definitions of all organizations.")
	}
	return d, nil
}

func (c *Catalog) addVersion(ctx context.Context, v viewer.Viewer, d *ent.ImportDefinition) error {
	create := c.db.Client().ImportDefinitionVersion.Create().
		SetImportDefinitionID(d.ID).SetNumber(d.Version).
		SetInputSchema(d.InputSchema).SetOutputSchema(d.OutputSchema).SetFormat(d.Format).
		SetNillableProcessorCode(d.ProcessorCode).
		SetOnInvalidRow(d.OnInvalidRow).SetOnUnknownSite(d.OnUnknownSite)
	if v.UserID != "" {
		create.SetCreatedByID(v.UserID)
	}
	return create.Exec(ctx)
}

// Version is a definition's current version.
func Version(d *ent.ImportDefinition) definition.Version {
	v := definition.Version{
		Columns: d.InputSchema, Outputs: d.OutputSchema, Format: d.Format,
		OnInvalidRow: d.OnInvalidRow, OnUnknownSite: d.OnUnknownSite,
	}
	if d.ProcessorCode != nil {
		v.Code = *d.ProcessorCode
	}
	return v
}

func orNil(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// compile adds what is wrong with code beyond what check finds.
func (c *Catalog) compile(ctx context.Context, wrong *refusal.Errors, code string) error {
	problems, err := c.compiler.CheckCode(ctx, code)
	for _, p := range problems {
		*wrong = append(*wrong, refusal.Error{
			Code: refusal.ScriptInvalid, Field: refusal.Input("processorCode"), Message: p.Message, Params: p.Params,
		})
	}
	return err
}

// check normalises a version and adds what is wrong with it.
func check(wrong *refusal.Errors, v definition.Version) definition.Version {
	v = v.Normalize()
	for _, p := range v.Check() {
		*wrong = append(*wrong, refusal.Error{
			Code: refusal.DefinitionInvalid, Field: refusal.Input(p.Path...), Message: p.Message, Params: p.Params,
		})
	}
	return v
}

// taken turns the refusal of the unique index on names into one that a person understands.
func taken(err error, name string) error {
	if violated, ok := database.AsConstraint(err); ok && violated.Kind == database.Unique {
		return refusal.New(refusal.NameTaken, refusal.Input("name"), "There is a definition named '%s' already.", name)
	}
	return err
}
