package definition

import (
	"fmt"
	"io"
	"strconv"
)

// named is an enum of the contract.
type named interface {
	~string
	Valid() bool
}

// writeName writes an enum's name, and null for the zero value: a column without a role, an output without an aggregate.
func writeName(w io.Writer, name string) {
	if name == "" {
		_, _ = io.WriteString(w, "null")
		return
	}
	_, _ = io.WriteString(w, strconv.Quote(name))
}

func readName[T named](v *T, in any) error {
	s, ok := in.(string)
	if !ok || !T(s).Valid() {
		return fmt.Errorf("%v is not one of the allowed values", in)
	}
	*v = T(s)
	return nil
}

// Final tells whether an Import in this state never changes again.
func (v ImportStatus) Final() bool {
	return v != ImportPending && v != ImportProcessing
}

// UploadStatus is the state of an upload's check. Its numbers are those of the older API and of the column.
type UploadStatus int

// The values of UploadStatus.
const (
	UploadNotyet UploadStatus = iota
	UploadProcessing
	UploadSuccess
	UploadFailure
)

var uploadStatusNames = [...]string{"NOTYET", "PROCESSING", "SUCCESS", "FAILURE"}

// String is the name in the GraphQL contract.
func (v UploadStatus) String() string {
	if v < 0 || int(v) >= len(uploadStatusNames) {
		return strconv.Itoa(int(v))
	}
	return uploadStatusNames[v]
}

// MarshalGQL writes the enum's name.
func (v UploadStatus) MarshalGQL(w io.Writer) { writeName(w, v.String()) }

// UnmarshalGQL takes the enum's name and refuses everything else.
func (v *UploadStatus) UnmarshalGQL(in any) error {
	for i, name := range uploadStatusNames {
		if in == name {
			*v = UploadStatus(i)
			return nil
		}
	}
	return fmt.Errorf("%v is not one of the allowed values", in)
}
