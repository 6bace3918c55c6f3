package graph

import (
	"context"
	"time"

	"entrepot/ent"
	"entrepot/ent/apitoken"
	"entrepot/graph/model"
	"entrepot/viewer"
)

// Tokens makes and ends API tokens. Refusals are of package refusal.
type Tokens interface {
	// CreateAPIToken makes a token for who asks, and tells its secret this once.
	CreateAPIToken(
		ctx context.Context, name string, role viewer.Role, expiresAt *time.Time,
	) (made *ent.APIToken, secret string, err error)
	// RevokeAPIToken ends a token for good.
	RevokeAPIToken(ctx context.Context, id string) (*ent.APIToken, error)
}

func (r queryResolver) APITokens(
	ctx context.Context, first *int, after *model.Cursor, last *int, before *model.Cursor,
) (*model.APITokenConnection, error) {
	newest := order[*ent.APIToken]{name: "apiTokens", desc: true, terms: []term[*ent.APIToken]{
		byTime(column(apitoken.FieldCreatedAt), func(t *ent.APIToken) time.Time { return t.CreatedAt }),
		byText(column(apitoken.FieldID), func(t *ent.APIToken) string { return t.ID }),
	}}
	return paginate(ctx, r.DB.Client().APIToken.Query(), newest, pageArgs{first, after, last, before}, r.root.Limits.PageSize)
}

func (r mutationResolver) CreateAPIToken(
	ctx context.Context, in model.CreateAPITokenInput,
) (*model.CreateAPITokenPayload, error) {
	token, secret, err := r.Tokens.CreateAPIToken(ctx, in.Name, in.Role, in.ExpiresAt)
	wrong, err := refused(err)
	payload := &model.CreateAPITokenPayload{APIToken: token, UserErrors: wrong}
	if token != nil {
		payload.Secret = &secret
	}
	return payload, err
}

func (r mutationResolver) RevokeAPIToken(
	ctx context.Context, in model.RevokeAPITokenInput,
) (*model.RevokeAPITokenPayload, error) {
	token, err := r.Tokens.RevokeAPIToken(ctx, in.ID)
	wrong, err := refused(err)
	return &model.RevokeAPITokenPayload{APIToken: token, UserErrors: wrong}, err
}

type apiTokenResolver struct{ *root }

func (r apiTokenResolver) CreatedBy(ctx context.Context, t *ent.APIToken) (*ent.User, error) {
	return one(ctx, t, "createdBy", func(t *ent.APIToken) string { return t.CreatedByID }, r.users, userID)
}
