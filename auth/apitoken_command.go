package auth

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/apitoken"
	"entrepot/refusal"
	"entrepot/viewer"
)

const (
	maxTokenName = 255
	// maxTokens is how many live API tokens an organization may have. Those made at the same moment may pass it by a few.
	maxTokens = 100
)

// CreateAPIToken makes a token that acts as who asks, in their current organization and group, with a role of its own,
// until expiresAt or, without one, until it is revoked. The secret is told this once. Refusals: FORBIDDEN below OWNER and
// for a role above one's own, INVALID_INPUT, LIMIT_REACHED.
func (a *Authenticator) CreateAPIToken(
	ctx context.Context, name string, role viewer.Role, expiresAt *time.Time,
) (made *ent.APIToken, secret string, err error) {
	v, err := refusal.Viewer(ctx, viewer.RoleOwner, false)
	if err != nil {
		return nil, "", err
	}
	now := milliseconds(a.now())
	var wrong refusal.Errors
	name = wrong.Text(refusal.Input("name"), "The name", name, maxTokenName, true)
	switch {
	case !role.Includes(viewer.RoleViewer):
		wrong.Add(refusal.InvalidInput, refusal.Input("role"), "The role is not one of the four.")
	case !v.Role.Includes(role):
		wrong.Add(refusal.Forbidden, refusal.Input("role"), "A token may do no more than you, whose role is %s.", v.Role)
	}
	if expiresAt != nil {
		at := milliseconds(*expiresAt)
		expiresAt = &at
		if !at.After(now) || at.Year() > 9999 {
			wrong.Add(refusal.InvalidInput, refusal.Input("expiresAt"), "The token would have expired already: "+
				"give a time in the future, or none for a token that lasts until it is revoked.")
		}
	}
	if err := wrong.OrNil(); err != nil {
		return nil, "", err
	}
	secret = newSecret()
	err = a.db.Do(ctx, "createApiToken", func(ctx context.Context) error {
		tokens := a.db.Client().APIToken
		live, err := tokens.Query().Where(apitoken.OrganizationID(v.OrganizationID), apitoken.RevokedAtIsNil(),
			apitoken.Or(apitoken.ExpiresAtIsNil(), apitoken.ExpiresAtGT(now))).Count(ctx)
		if err != nil {
			return err
		}
		if live >= maxTokens {
			full := refusal.New(refusal.LimitReached, nil,
				"The organization has %d API tokens. Revoke one that nobody needs any more.", live)
			full[0].Params = []definition.Param{{Name: "max", Value: strconv.Itoa(maxTokens)}}
			return full
		}
		made, err = tokens.Create().SetName(name).SetRole(role).SetTokenHash(hashSecret(secret)).
			SetNillableExpiresAt(expiresAt).SetCreatedAt(now).Save(ctx)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("create API token: %w", err)
	}
	return made, secret, nil
}

// RevokeAPIToken ends a token of the organization for good, whoever made it. One that was revoked before stays as it is.
// Refusals: FORBIDDEN below OWNER, NOT_FOUND.
func (a *Authenticator) RevokeAPIToken(ctx context.Context, id string) (revoked *ent.APIToken, err error) {
	if _, err := refusal.Viewer(ctx, viewer.RoleOwner, false); err != nil {
		return nil, err
	}
	err = a.db.Do(ctx, "revokeApiToken", func(ctx context.Context) error {
		tokens := a.db.Client().APIToken
		if err := tokens.Update().Where(apitoken.ID(id), apitoken.RevokedAtIsNil()).
			SetRevokedAt(milliseconds(a.now())).Exec(ctx); err != nil {
			return err
		}
		revoked, err = tokens.Get(ctx, id)
		if ent.IsNotFound(err) {
			return refusal.New(refusal.NotFound, refusal.Input("id"), "There is no such API token.")
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("revoke API token: %w", err)
	}
	return revoked, nil
}
