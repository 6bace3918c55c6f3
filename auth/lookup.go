package auth

import (
	"context"
	"fmt"
	"slices"

	"entrepot/database"
	"entrepot/ent"
	"entrepot/ent/organization"
	"entrepot/ent/predicate"
	"entrepot/ent/user"
	"entrepot/viewer"
)

// lookUp is the person of whom text, an e-mail address or a subject, is known; nil where there is none.
func (a *Authenticator) lookUp(ctx context.Context, text string, where predicate.User) (found *ent.User, err error) {
	ctx = viewer.NewContext(ctx, viewer.System("auth"))
	err = a.db.LookUp(ctx, text, func(ctx context.Context) (err error) {
		found, err = a.db.Client().User.Query().Where(where).
			Select(user.FieldID, user.FieldEmail, user.FieldSubject).Only(ctx)
		return err
	})
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look a person up: %w", err)
	}
	return found, nil
}

// lookUpOrganization is the id of the organization with that id, short name or name.
func (a *Authenticator) lookUpOrganization(ctx context.Context, text string) (string, error) {
	var found []*ent.Organization
	ctx = viewer.NewContext(ctx, viewer.System("auth"))
	err := a.db.LookUp(ctx, text, func(ctx context.Context) (err error) {
		found, err = a.db.Client().Organization.Query().
			Where(organization.Or(organization.ID(text), organization.Slug(text), organization.Name(text)),
				organization.IDNEQ(database.SystemOrganization)).
			Order(organization.ByID()).All(ctx)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("look the organization up: %w", err)
	}
	exact := slices.IndexFunc(found, func(o *ent.Organization) bool { return o.ID == text || o.Slug == text })
	switch {
	case exact >= 0:
		return found[exact].ID, nil
	case len(found) == 0:
		return "", fmt.Errorf("there is no organization %q", text)
	case len(found) == 1:
		return found[0].ID, nil
	}
	return "", fmt.Errorf("there are %d organizations named %q; give the id", len(found), text)
}
