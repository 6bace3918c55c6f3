package storage

import (
	"net/url"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxKeyBytes  = 1024 // the limit of Google Cloud Storage
	maxNameBytes = 255  // of one folder or file, on every common file system
)

// Path is the address of an object as histories record it: gs://local/<key>, and gs://<bucket>/[<prefix>/]<key> for a
// bucket of Google's. It does not check the key.
func (b *Bucket) Path(key string) string { return b.prefix + key }

// Key is the reverse of Path. It answers false for what is not an address of an object in this bucket: another bucket,
// and keys that no object can have. Those are empty, longer than 1,024 bytes, not UTF-8, or have control characters,
// backslashes, or segments between slashes that are empty, "." or "..".
func (b *Bucket) Key(path string) (key string, ok bool) {
	key, ok = strings.CutPrefix(path, b.prefix)
	if !ok || checkKey(key) != nil || len(key) > b.maxKey {
		return "", false
	}
	return key, true
}

func checkKey(key string) error {
	refuse := func(reason string) error { return &OptionError{"key", reason} }
	switch {
	case key == "":
		return refuse("must not be empty")
	case len(key) > maxKeyBytes:
		return refuse("is longer than 1,024 bytes")
	case !utf8.ValidString(key):
		return refuse("is not UTF-8")
	case strings.ContainsRune(key, '\\'):
		return refuse("has a backslash")
	case strings.ContainsFunc(key, unicode.IsControl):
		return refuse("has a control character")
	}
	for segment := range strings.SplitSeq(key, "/") {
		switch segment {
		case "":
			return refuse("begins or ends with a slash, or has two in a row")
		case ".", "..":
			return refuse("has a segment . or ..")
		}
	}
	return nil
}

// fileName maps a key to the file below the bucket's folder. Letters a to z, digits, - _ and inner dots stay, every
// other byte becomes %xx: two keys never share a file, not even where the file system ignores case or rewrites
// Unicode, and no key reaches a name that begins with a dot.
func fileName(key string) (string, error) {
	if err := checkKey(key); err != nil {
		return "", err
	}
	const hex = "0123456789abcdef"
	var name strings.Builder
	for segment := range strings.SplitSeq(key, "/") {
		if name.Len() > 0 {
			name.WriteByte('/')
		}
		start := name.Len()
		for i := range len(segment) {
			c := segment[i]
			inner := i > 0 && i < len(segment)-1
			if 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.' && inner {
				name.WriteByte(c)
			} else {
				name.WriteString(string([]byte{'%', hex[c>>4], hex[c&15]}))
			}
		}
		if name.Len()-start > maxNameBytes {
			return "", &OptionError{"key", "has a segment that is too long for the file system"}
		}
	}
	return name.String(), nil
}

// keyOf is the reverse of fileName; ok is false for a file that no key maps to.
func keyOf(name string) (key string, ok bool) {
	key, err := url.PathUnescape(name)
	if err != nil {
		return "", false
	}
	again, err := fileName(key)
	return key, err == nil && again == name
}

// folders lists the folders that hold a file, the nearest first and the bucket's own last.
func folders(name string) []string {
	var list []string
	for name != "." {
		name = path.Dir(name)
		list = append(list, name)
	}
	return list
}
