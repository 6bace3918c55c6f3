// Package graph is the GraphQL API: thin resolvers over commands and Ent queries, connections, errors, limits, live
// subscriptions and the transports.
//
// The server mounts New's handler at /graphql behind package auth. It knows ent, viewer, database, upload, importer,
// catalog, download, storage and event; a rule about the domain never lives here, so that REST and workers obey it too.
package graph

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"entrepot/catalog"
	"entrepot/database"
	"entrepot/definition"
	"entrepot/download"
	"entrepot/event"
	"entrepot/graph/generated"
	"entrepot/importer"
	"entrepot/upload"
	"entrepot/viewer"
)

// Config is what the API works with. Everything but RightsInterval and Introspection is required.
type Config struct {
	DB       *database.DB
	Bus      *event.Bus
	Uploads  *upload.Uploads
	Importer *importer.Importer
	Catalog  *catalog.Catalog
	// Downloads signs links to files that are made from the database.
	Downloads *download.Downloads
	Tokens    Tokens
	Limits    definition.Limits
	Logger    *slog.Logger
	// Authenticate says who a WebSocket's connection_init payload is from.
	Authenticate func(ctx context.Context, payload map[string]any) (viewer.Viewer, error)
	// Renewed says who viewers of one organization are by now; the zero Viewer has no rights left.
	Renewed func(ctx context.Context, organizationID string, viewers []viewer.Viewer) ([]viewer.Viewer, error)
	// RightsInterval is how often Renewed is asked about those with open connections; 3 seconds where it is zero.
	RightsInterval time.Duration
	// Introspection lets clients read the schema.
	Introspection bool
}

func (c Config) check() error {
	var missing []error
	for _, part := range []struct {
		name    string
		present bool
	}{
		{"DB", c.DB != nil},
		{"Bus", c.Bus != nil},
		{"Uploads", c.Uploads != nil},
		{"Importer", c.Importer != nil},
		{"Catalog", c.Catalog != nil},
		{"Downloads", c.Downloads != nil},
		{"Tokens", c.Tokens != nil},
		{"Limits", c.Limits.PageSize > 0 && c.Limits.DocumentBytes > 0},
		{"Logger", c.Logger != nil},
		{"Authenticate", c.Authenticate != nil},
		{"Renewed", c.Renewed != nil},
	} {
		if !part.present {
			missing = append(missing, errors.New("graph: Config."+part.name+" is missing"))
		}
	}
	return errors.Join(missing...)
}

// New makes the handler of /graphql. It serves POST, GET, WebSocket and server-sent events.
func New(c Config) (http.Handler, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	c.RightsInterval = cmp.Or(c.RightsInterval, rightsInterval)
	return newServer(&c, generated.NewExecutableSchema(generated.Config{Resolvers: &root{&c}})), nil
}

// root hands out the resolvers; each file says which type it is for.
type root struct{ *Config }

//nolint:revive // gqlgen's name
func (r *root) ApiToken() generated.ApiTokenResolver { return apiTokenResolver{r} }

func (r *root) DetectedFormat() generated.DetectedFormatResolver     { return detectedFormatResolver{} }
func (r *root) FileFormat() generated.FileFormatResolver             { return fileFormatResolver{} }
func (r *root) Group() generated.GroupResolver                       { return groupResolver{r} }
func (r *root) Import() generated.ImportResolver                     { return importResolver{r} }
func (r *root) ImportDefinition() generated.ImportDefinitionResolver { return definitionResolver{r} }
func (r *root) ImportDefinitionVersion() generated.ImportDefinitionVersionResolver {
	return versionResolver{r}
}
func (r *root) ImportErrorGroup() generated.ImportErrorGroupResolver { return errorGroupResolver{} }
func (r *root) ImportResult() generated.ImportResultResolver         { return resultResolver{r} }
func (r *root) ImportRowError() generated.ImportRowErrorResolver     { return rowErrorResolver{} }
func (r *root) InputColumn() generated.InputColumnResolver           { return inputColumnResolver{} }
func (r *root) Membership() generated.MembershipResolver             { return membershipResolver{r} }
func (r *root) Mutation() generated.MutationResolver                 { return mutationResolver{r} }
func (r *root) Organization() generated.OrganizationResolver         { return organizationResolver{r} }
func (r *root) OutputField() generated.OutputFieldResolver           { return outputFieldResolver{} }
func (r *root) Query() generated.QueryResolver                       { return queryResolver{r} }
func (r *root) ResultMapping() generated.ResultMappingResolver       { return resultMappingResolver{} }
func (r *root) ReviewUploadHistory() generated.ReviewUploadHistoryResolver {
	return historyResolver{r}
}
func (r *root) Subscription() generated.SubscriptionResolver { return subscriptionResolver{r} }
func (r *root) User() generated.UserResolver                 { return userResolver{r} }
func (r *root) Viewer() generated.ViewerResolver             { return viewerResolver{r} }
