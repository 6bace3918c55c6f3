package tabular

import (
	"encoding/binary"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"entrepot/definition"
)

// What the directory of a workbook may hold. Real ones have some dozens of entries, a few thousand with pictures.
const (
	maxZipEntries   = 10_000
	maxZipDirectory = 4 << 20
	maxZipName      = 1 << 10
	// freeUnpackedBytes may be unpacked whatever the ratio is.
	freeUnpackedBytes = 64 << 20
)

// The signatures and lengths of a zip file's records (APPNOTE.TXT 6.3.10, 4.3).
const (
	zipLocal       = 0x04034b50
	zipCentral     = 0x02014b50
	zipEnd         = 0x06054b50
	zipEnd64       = 0x06064b50
	zipLocator64   = 0x07064b50
	zipLocalLen    = 30
	zipCentralLen  = 46
	zipEndLen      = 22
	zipEnd64Len    = 56
	zipLocatorLen  = 20
	zipNarrow      = 1<<32 - 1
	zipNarrowCount = 1<<16 - 1
)

// zipEntry is one file in an archive. Its place and sizes were checked against the archive's and its neighbours'.
type zipEntry struct {
	name         string
	method       uint16
	checksum     uint32
	packed, size int64
	header, data int64 // where the local header and the packed bytes start
}

// zipArchive is the directory of a zip file, read and checked before anything is unpacked. It is read here and not by
// archive/zip since that believes what the directory says: the number of entries decides how much it allocates,
// overlapping entries multiply one payload, and of two entries of one name readers take different ones.
type zipArchive struct {
	file    io.ReaderAt
	size    int64
	entries map[string]*zipEntry // by zipKey
}

// zipKey is how names are compared: parts of a workbook are named without regard to ASCII case (ECMA-376-2, 6.2.2).
func zipKey(name string) string {
	name = strings.ToLower(strings.ReplaceAll(name, `\`, "/"))
	return strings.TrimPrefix(path.Clean("/"+name), "/")
}

func unreadable(part, format string, arguments ...any) *Error {
	reason := fmt.Sprintf(format, arguments...)
	return &Error{
		Code:   definition.ErrorFileUnreadable,
		Reason: reason,
		Params: []definition.Param{{Name: "part", Value: part}, {Name: "reason", Value: reason}},
	}
}

func badDirectory(format string, arguments ...any) *Error {
	return unreadable("zip directory", "the workbook is damaged, its zip directory "+format, arguments...)
}

// openZip reads and checks the directory of an archive.
func openZip(file io.ReaderAt, size int64, limits Limits) (*zipArchive, error) {
	a := &zipArchive{file: file, size: size}
	start, length, count, err := a.findDirectory()
	if err != nil {
		return nil, err
	}
	if count > maxZipEntries {
		return nil, unreadable("zip directory", "the workbook has %d parts, more than any has (%d): it was made to do harm",
			count, maxZipEntries)
	}
	if length > maxZipDirectory {
		return nil, badDirectory("is larger than %d bytes", maxZipDirectory)
	}
	directory := make([]byte, length)
	if err := a.readAt(directory, start); err != nil {
		return nil, err
	}
	entries := make([]*zipEntry, 0, count)
	for range count {
		entry, rest, err := parseZipEntry(directory)
		if err != nil {
			return nil, err
		}
		entries, directory = append(entries, entry), rest
	}
	if len(directory) >= zipCentralLen && binary.LittleEndian.Uint32(directory) == zipCentral {
		return nil, badDirectory("has more entries than it says")
	}
	if err := a.place(entries, start); err != nil {
		return nil, err
	}
	return a, a.index(entries, limits)
}

// findDirectory reads the records at the end of the file that say where the directory is.
func (a *zipArchive) findDirectory() (start, length, count int64, err error) {
	tail := make([]byte, min(a.size, zipEndLen+zipNarrowCount))
	if err := a.readAt(tail, a.size-int64(len(tail))); err != nil {
		return 0, 0, 0, err
	}
	at := len(tail) - zipEndLen
	for ; at >= 0; at-- {
		if binary.LittleEndian.Uint32(tail[at:]) == zipEnd &&
			at+zipEndLen+int(binary.LittleEndian.Uint16(tail[at+20:])) <= len(tail) {
			break
		}
	}
	if at < 0 {
		return 0, 0, 0, badDirectory("is missing: the file was probably cut off, upload it again")
	}
	end := tail[at:]
	endAt := a.size - int64(len(end))
	if binary.LittleEndian.Uint16(end[4:]) != 0 && binary.LittleEndian.Uint16(end[4:]) != zipNarrowCount {
		return 0, 0, 0, badDirectory("spans several disks")
	}
	count = int64(binary.LittleEndian.Uint16(end[10:]))
	length = int64(binary.LittleEndian.Uint32(end[12:]))
	start = int64(binary.LittleEndian.Uint32(end[16:]))
	if count == zipNarrowCount || length == zipNarrow || start == zipNarrow {
		return a.findDirectory64(endAt)
	}
	if start+length > endAt {
		return 0, 0, 0, badDirectory("lies outside of the file")
	}
	return start, length, count, nil
}

// findDirectory64 is findDirectory for an archive whose numbers need 64 bits, or that is written as if they did.
func (a *zipArchive) findDirectory64(endAt int64) (start, length, count int64, err error) {
	locator := make([]byte, zipLocatorLen)
	if endAt < zipLocatorLen {
		return 0, 0, 0, badDirectory("lies outside of the file")
	}
	if err := a.readAt(locator, endAt-zipLocatorLen); err != nil {
		return 0, 0, 0, err
	}
	end := make([]byte, zipEnd64Len)
	at := binary.LittleEndian.Uint64(locator[8:])
	if binary.LittleEndian.Uint32(locator) != zipLocator64 || at > uint64(max(0, endAt-zipLocatorLen-zipEnd64Len)) {
		return 0, 0, 0, badDirectory("lies outside of the file")
	}
	if err := a.readAt(end, int64(at)); err != nil {
		return 0, 0, 0, err
	}
	counted := binary.LittleEndian.Uint64(end[32:])
	size, offset := binary.LittleEndian.Uint64(end[40:]), binary.LittleEndian.Uint64(end[48:])
	if binary.LittleEndian.Uint32(end) != zipEnd64 || size > at || offset > at-size || counted > size/zipCentralLen {
		return 0, 0, 0, badDirectory("lies outside of the file")
	}
	return int64(offset), int64(size), int64(counted), nil
}

// parseZipEntry takes one entry off the front of the directory.
func parseZipEntry(directory []byte) (*zipEntry, []byte, error) {
	if len(directory) < zipCentralLen || binary.LittleEndian.Uint32(directory) != zipCentral {
		return nil, nil, badDirectory("has fewer entries than it says")
	}
	nameLen := int(binary.LittleEndian.Uint16(directory[28:]))
	extraLen := int(binary.LittleEndian.Uint16(directory[30:]))
	length := zipCentralLen + nameLen + extraLen + int(binary.LittleEndian.Uint16(directory[32:]))
	if length > len(directory) || nameLen > maxZipName {
		return nil, nil, badDirectory("has an entry that is too long")
	}
	if flags := binary.LittleEndian.Uint16(directory[8:]); flags&(1|1<<6|1<<13) != 0 {
		return nil, nil, unreadable("zip directory",
			"the workbook is encrypted: save it without a password and upload it again")
	}
	entry := &zipEntry{
		name:     string(directory[zipCentralLen : zipCentralLen+nameLen]),
		method:   binary.LittleEndian.Uint16(directory[10:]),
		checksum: binary.LittleEndian.Uint32(directory[16:]),
		packed:   int64(binary.LittleEndian.Uint32(directory[20:])),
		size:     int64(binary.LittleEndian.Uint32(directory[24:])),
		header:   int64(binary.LittleEndian.Uint32(directory[42:])),
	}
	extra := directory[zipCentralLen+nameLen : zipCentralLen+nameLen+extraLen]
	if !entry.widen(extra) {
		return nil, nil, badDirectory("has an entry whose sizes cannot be read")
	}
	return entry, directory[length:], nil
}

// widen replaces the fields that do not fit 32 bits by those of the zip64 extra field, which has only these, in order.
func (e *zipEntry) widen(extra []byte) bool {
	var wide []byte
	given := false
	for len(extra) >= 4 {
		id, size := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if size > len(extra)-4 {
			break
		}
		if id == 1 {
			wide, given = extra[4:4+size], true
			break
		}
		extra = extra[4+size:]
	}
	for _, field := range []*int64{&e.size, &e.packed, &e.header} {
		if *field != zipNarrow || !given {
			continue
		}
		if len(wide) < 8 {
			return false
		}
		value := binary.LittleEndian.Uint64(wide)
		if value > 1<<62 {
			return false
		}
		*field, wide = int64(value), wide[8:]
	}
	return true
}

// place finds where each entry's bytes are, and refuses entries that share bytes with others or with the directory.
func (a *zipArchive) place(entries []*zipEntry, directory int64) error {
	slices.SortFunc(entries, func(x, y *zipEntry) int {
		if x.header < y.header {
			return -1
		}
		return min(1, int(x.header-y.header))
	})
	header := make([]byte, zipLocalLen+maxZipName)
	free := int64(0)
	for _, entry := range entries {
		if entry.header < free {
			return badDirectory("has entries that overlap")
		}
		if entry.header > directory-zipLocalLen-int64(len(entry.name)) {
			return badDirectory("has an entry that lies outside of the file")
		}
		local := header[:zipLocalLen+len(entry.name)]
		if err := a.readAt(local, entry.header); err != nil {
			return err
		}
		if binary.LittleEndian.Uint32(local) != zipLocal ||
			int(binary.LittleEndian.Uint16(local[26:])) != len(entry.name) ||
			string(local[zipLocalLen:]) != entry.name {
			return badDirectory("disagrees with the names or places of the parts")
		}
		entry.data = entry.header + int64(len(local)) + int64(binary.LittleEndian.Uint16(local[28:]))
		if entry.packed > directory || entry.data > directory-entry.packed {
			return badDirectory("has an entry that lies outside of the file")
		}
		free = entry.data + entry.packed
	}
	return nil
}

// index adds up what the entries unpack to and makes them known by name.
func (a *zipArchive) index(entries []*zipEntry, limits Limits) error {
	a.entries = make(map[string]*zipEntry, len(entries))
	total := int64(0)
	for _, entry := range entries {
		if entry.size > limits.MaxUnpackedBytes-total {
			return limitError(fmt.Sprintf("the workbook unpacks to more than %d bytes", limits.MaxUnpackedBytes),
				"maxUnpackedBytes", limits.MaxUnpackedBytes)
		}
		total += entry.size
		if strings.HasSuffix(entry.name, "/") || entry.escapes() {
			continue // a folder, or a name that no workbook has and nothing here could ask for
		}
		if _, exists := a.entries[zipKey(entry.name)]; exists {
			return badDirectory("has the same name twice")
		}
		a.entries[zipKey(entry.name)] = entry
	}
	if total > freeUnpackedBytes && total/int64(limits.MaxUnpackRatio) > a.size {
		return limitError(fmt.Sprintf("the workbook unpacks to more than %d times its size", limits.MaxUnpackRatio),
			"maxUnpackRatio", int64(limits.MaxUnpackRatio))
	}
	return nil
}

// escapes tells that a name is no name of a part: not text, or with steps upwards.
func (e *zipEntry) escapes() bool {
	return !utf8.ValidString(e.name) || slices.Contains(strings.FieldsFunc(e.name, func(char rune) bool {
		return char == '/' || char == '\\'
	}), "..")
}

func (a *zipArchive) find(name string) *zipEntry { return a.entries[zipKey(name)] }

// readAt fills all of buffer.
func (a *zipArchive) readAt(buffer []byte, offset int64) error {
	if n, err := a.file.ReadAt(buffer, offset); n < len(buffer) {
		return sourceError(err, offset)
	}
	return nil
}
