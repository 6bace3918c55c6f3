package auth

import (
	"context"
	"strings"

	"entrepot/viewer"
)

// WebSocketViewer is who comes with the payload of connection_init: the keys Authorization, X-Organization-Id and
// X-Group-Id, in any letter case, as the headers of the same names. Other keys mean nothing. Errors are as Viewer's.
func (a *Authenticator) WebSocketViewer(ctx context.Context, payload map[string]any) (viewer.Viewer, error) {
	values := map[string]string{}
	for _, name := range []string{AuthorizationHeader, OrganizationHeader, GroupHeader} {
		for key, value := range payload {
			if value == nil || !strings.EqualFold(key, name) {
				continue
			}
			text, ok := value.(string)
			if _, twice := values[name]; !ok || twice {
				return viewer.Viewer{}, unauthenticated("Sign in: %s in connection_init must be one text.", name)
			}
			values[name] = text
		}
	}
	return a.fromHeader(ctx, values[AuthorizationHeader], values[OrganizationHeader], values[GroupHeader])
}

func (a *Authenticator) fromHeader(
	ctx context.Context, authorization, organizationID, groupID string,
) (viewer.Viewer, error) {
	if authorization == "" {
		return viewer.Viewer{}, unauthenticated("Sign in: there is no bearer token.")
	}
	token, err := bearer(authorization)
	if err != nil {
		return viewer.Viewer{}, err
	}
	return a.Viewer(ctx, token, strings.TrimSpace(organizationID), strings.TrimSpace(groupID))
}
