package storage

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// CheckURL says what is wrong with the URL of a bucket, without repeating it.
func CheckURL(address string) error {
	if isCloud(address) {
		_, _, err := cloudOf(address)
		return err
	}
	_, err := folderOf(address)
	return err
}

// FileURL is the Config.URL of an absolute folder.
func FileURL(folder string) string {
	path := filepath.ToSlash(folder)
	if !strings.HasPrefix(path, "/") { // C:/data
		path = "/" + path
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}

// Folder is the folder that the URL of a bucket names; false for that of a remote bucket, and for what is wrong.
func Folder(address string) (folder string, ok bool) {
	folder, err := folderOf(address)
	return folder, err == nil
}

func isCloud(address string) bool { return strings.HasPrefix(address, "gs://") }

func folderOf(address string) (string, error) {
	const example = "use file:///absolute/folder or gs://bucket/prefix"
	parsed, err := url.Parse(address)
	switch {
	case address == "":
		return "", errors.New("the bucket's address is missing; " + example)
	case err != nil:
		return "", errors.New("the bucket's address cannot be read; " + example)
	case parsed.Scheme != "file":
		return "", errors.New("the bucket's address begins with a scheme that is not supported; " + example)
	case parsed.Host != "" && parsed.Host != "localhost" || parsed.Opaque != "":
		return "", errors.New("the bucket's folder is not absolute; use file:///absolute/folder (three slashes)")
	case parsed.RawQuery != "" || parsed.Fragment != "":
		return "", errors.New("the bucket's address has a query or fragment; write ? and # of a folder's name escaped")
	}
	path := parsed.Path
	if runtime.GOOS == "windows" {
		path = strings.TrimPrefix(path, "/")
	}
	path = filepath.FromSlash(path)
	if !filepath.IsAbs(path) {
		return "", errors.New("the bucket's folder is not absolute; use file:///absolute/folder (three slashes)")
	}
	if path = filepath.Clean(path); path == filepath.Dir(path) {
		return "", errors.New("the bucket's folder is the root of the file system; use one of its own")
	}
	return path, nil
}

const (
	// maxPrefixBytes leaves room for keys: a name has 1,024 bytes at most.
	maxPrefixBytes = 512
	maxBucketBytes = 222
)

// bucketName is the form of a bucket's name by Google's rules for them.
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]+[a-z0-9]$`)

// cloudOf gives the bucket and the prefix, which ends with a slash unless it is empty. The text after gs:// is taken as it
// is, as Google's own tools do: nothing in it is escaped.
func cloudOf(address string) (bucket, prefix string, err error) {
	bucket, prefix, _ = strings.Cut(strings.TrimPrefix(address, "gs://"), "/")
	prefix = strings.TrimSuffix(prefix, "/")
	var option *OptionError
	switch {
	case !bucketName.MatchString(bucket) || len(bucket) > maxBucketBytes:
		return "", "", errors.New("the bucket's address names no bucket of Google Cloud Storage; use gs://bucket or " +
			"gs://bucket/prefix, where the bucket has 3 or more of a-z, 0-9 and - _ . between them")
	case prefix == "":
		return bucket, "", nil
	case strings.ContainsAny(prefix, "?#*[]"):
		return "", "", errors.New("the prefix in the bucket's address has one of ? # * [ ], which Google's tools read in " +
			"other ways; use letters, digits, - _ . and /")
	case len(prefix) > maxPrefixBytes:
		return "", "", fmt.Errorf("the prefix in the bucket's address is longer than %d bytes", maxPrefixBytes)
	}
	if errors.As(checkKey(prefix), &option) {
		return "", "", errors.New("the prefix in the bucket's address " + option.Reason)
	}
	return bucket, prefix + "/", nil
}

func parsePublicURL(address string) (*url.URL, error) {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Host == "" || parsed.User != nil ||
		parsed.RawQuery != "" || parsed.Fragment != "" {
		return nil, &OptionError{"publicURL", fmt.Sprintf("%q is not an address such as https://example.org/bucket", address)}
	}
	return parsed, nil
}
