package refusal

import (
	"context"

	"entrepot/viewer"
)

// Viewer is who asks in ctx, refused below the role least (FORBIDDEN) or, where group is wanted, without a current
// group (GROUP_REQUIRED). Commands begin with it; the policies of ent/rule are the wall behind it.
func Viewer(ctx context.Context, least viewer.Role, group bool) (viewer.Viewer, error) {
	v, ok := viewer.FromContext(ctx)
	switch {
	case !ok:
		return v, New(Forbidden, nil, "Sign in to do this.")
	case !v.Role.Includes(least):
		return v, New(Forbidden, nil, "This needs the role %s; yours is %s. Ask an owner of the organization.", least, v.Role)
	case group && v.GroupID == "":
		return v, New(GroupRequired, nil, "This needs a group, and you belong to none. "+
			"Ask an owner of the organization to add you to one.")
	}
	return v, nil
}
