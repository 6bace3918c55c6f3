package main

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"entrepot/auth"
	"entrepot/viewer"
)

// setting is one value that a command takes from a flag, or else from the environment.
type setting struct {
	flag, env string
	value     string // the default, until it is read
	help      string
	bool      bool // the flag stands alone
}

// settings are those of every command that works with the data.
func settings() []*setting {
	return []*setting{
		{flag: "addr", env: "ENTREPOT_ADDR", value: "127.0.0.1:8080", help: "where to listen; port 0 takes a free one"},
		{flag: "data", env: "ENTREPOT_DATA", value: "./data", help: "folder of the database, the bucket and the signing key"},
		{flag: "url", env: "ENTREPOT_URL", help: "public address that links use; by default made from where it listens"},
		{flag: "secret", env: "ENTREPOT_SECRET", help: "signs tokens and bucket URLs; by default made in the data folder"},
		{flag: "verbose", help: "log every request", bool: true},
	}
}

// tokenSettings are those of the command token alone.
func tokenSettings() []*setting {
	return []*setting{
		{flag: "user", help: "e-mail address of the person"},
		{flag: "organization", help: "id, short name or name of the organization"},
		{flag: "group", help: "id or name of the group"},
		{flag: "role", help: "role of the person: " + strings.Join(viewer.Role("").Values(), ", ")},
	}
}

// unsupported are variables that mean something that this version cannot do. Going on without it would be worse than
// not starting: data would go to another place, or people would sign in another way, than the operator believes.
var unsupported = []struct{ env, why string }{
	{"DATABASE_URL", "only SQLite in the data folder is supported so far"},
	{"MIGRATE_DATABASE_URL", "only SQLite in the data folder is supported so far"},
	{"BUCKET_URL", "only the local bucket in the data folder is supported so far"},
	{"OIDC_ISSUER", "only the built-in sign-in is supported so far"},
	{"OIDC_AUDIENCE", "only the built-in sign-in is supported so far"},
	{"JWKS_URL", "only the built-in sign-in is supported so far"},
	{"JWT_SECRET", "only the built-in sign-in is supported so far"},
	{"ENTREPOT_ADMINS", "platform administrators are not supported so far"},
}

// usageError is everything that is wrong with how a command was called.
type usageError []string

// Error lists it, one to a line.
func (e usageError) Error() string { return strings.Join(e, "\n") }

func (e *usageError) add(format string, args ...any) { *e = append(*e, fmt.Sprintf(format, args...)) }

// read fills the settings from the arguments (--name value, --name=value) and the environment.
func read(all []*setting, args []string, getenv func(string) string) (wrong usageError) {
	for _, s := range all {
		if s.env != "" && getenv(s.env) != "" {
			s.value = getenv(s.env)
		}
	}
	for _, u := range unsupported {
		if getenv(u.env) != "" {
			wrong.add("%s is set, but %s: unset it", u.env, u.why)
		}
	}
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		name, value, given := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(arg, "-"), "-"), "=")
		at := slices.IndexFunc(all, func(s *setting) bool { return s.flag == name })
		switch {
		case !strings.HasPrefix(arg, "-"):
			wrong.add("%q is not expected here", arg)
		case at < 0:
			wrong.add("there is no flag --%s", name)
		case all[at].bool && given:
			wrong.add("the flag --%s takes no value", name)
		case all[at].bool:
			all[at].value = "true"
		case given:
			all[at].value = value
		case len(args) == 0 || strings.HasPrefix(args[0], "--"):
			wrong.add("the flag --%s needs a value", name)
		default:
			all[at].value, args = args[0], args[1:]
		}
	}
	return wrong
}

// config is what a command works with, checked.
type config struct {
	addr    string
	data    string   // absolute
	public  *url.URL // nil: made from where the server listens
	secret  string   // empty: the data folder's
	verbose bool
	wanted  auth.Wanted // of the command token
}

// newConfig reads and checks the settings; its error is a usageError with everything that is wrong.
func newConfig(all []*setting, args []string, getenv func(string) string) (config, error) {
	wrong := read(all, args, getenv)
	values := map[string]string{}
	for _, s := range all {
		values[s.flag] = strings.TrimSpace(s.value)
	}
	c := config{
		addr: values["addr"], secret: values["secret"], verbose: values["verbose"] != "",
		wanted: auth.Wanted{
			Email: values["user"], Organization: values["organization"], Group: values["group"],
			Role: viewer.Role(strings.ToUpper(values["role"])),
		},
	}
	if _, port, err := net.SplitHostPort(c.addr); err != nil || !isPort(port) {
		wrong.add("--addr (ENTREPOT_ADDR) is %q: it must be host:port, such as 127.0.0.1:8080", c.addr)
	} else if !auth.Loopback(c.addr) {
		wrong.add("--addr (ENTREPOT_ADDR) is %q: the built-in sign-in is for this machine alone, "+
			"so listen on loopback, such as 127.0.0.1:8080", c.addr)
	}
	var err error
	if c.data, err = filepath.Abs(values["data"]); err != nil || values["data"] == "" {
		wrong.add("--data (ENTREPOT_DATA) is %q: it must name a folder", values["data"])
	}
	if text := values["url"]; text != "" {
		if c.public, err = publicURL(text); err != nil {
			wrong.add("--url (ENTREPOT_URL) is %q: it must be like https://entrepot.example", text)
		}
	}
	if n := len(c.secret); n > 0 && n < auth.MinSecretBytes {
		wrong.add("--secret (ENTREPOT_SECRET) has %d characters: it needs at least %d", n, auth.MinSecretBytes)
	}
	if role := c.wanted.Role; role != "" && !slices.Contains(role.Values(), string(role)) {
		wrong.add("--role is %q: it must be one of %s", values["role"], strings.Join(role.Values(), ", "))
	}
	if len(wrong) > 0 {
		return c, wrong
	}
	return c, nil
}

func isPort(text string) bool {
	_, err := strconv.ParseUint(text, 10, 16)
	return err == nil
}

func publicURL(text string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSuffix(text, "/"))
	if err != nil {
		return nil, err
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Path != "" ||
		u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return nil, fmt.Errorf("%q is not the root of a site", text)
	}
	return u, nil
}
