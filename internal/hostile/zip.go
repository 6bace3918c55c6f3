package hostile

import (
	"bytes"
	"encoding/binary"
)

// entry is one file of a zip archive. What it says about itself is what is written, true or not.
type entry struct {
	name   string
	method uint16 // 0 stored, 8 deflated
	flags  uint16
	packed
	// packedSize and at are filled in by archive where they are 0.
	packedSize uint64
	at         uint64
	// hidden leaves the bytes out, for an entry that shares those of another.
	hidden bool
}

// stored is an entry that is not deflated.
func stored(name, text string) entry {
	p := pack(text)
	p.data = []byte(text)
	return entry{name: name, packed: p}
}

func deflated(name string, parts ...any) entry {
	return entry{name: name, method: 8, packed: pack(parts...)}
}

// archive writes a zip file (APPNOTE.TXT, 4.3). Sizes beyond 32 bits are cut, which is a lie of its own.
func archive(entries ...entry) []byte {
	out := new(bytes.Buffer)
	for i := range entries {
		e := &entries[i]
		if e.packedSize == 0 {
			e.packedSize = uint64(len(e.data))
		}
		if e.hidden {
			continue
		}
		e.at = uint64(out.Len())
		out.WriteString("PK\x03\x04")
		e.describe(out)
		fields(out, uint16(len(e.name)), uint16(0))
		out.WriteString(e.name)
		out.Write(e.data)
	}
	directory := out.Len()
	for i := range entries {
		e := &entries[i]
		out.WriteString("PK\x01\x02\x14\x00")
		e.describe(out)
		fields(out, uint16(len(e.name)), uint16(0), uint16(0), uint16(0), uint16(0), uint32(0), uint32(e.at))
		out.WriteString(e.name)
	}
	size := out.Len() - directory
	out.WriteString("PK\x05\x06")
	fields(out, uint16(0), uint16(0), uint16(len(entries)), uint16(len(entries)), uint32(size), uint32(directory), uint16(0))
	return out.Bytes()
}

// describe writes what the local header and the directory have in common.
func (e *entry) describe(out *bytes.Buffer) {
	fields(out, uint16(20), e.flags, e.method, uint16(0), uint16(0x21), e.crc, uint32(e.packedSize), uint32(e.size))
}

func fields(out *bytes.Buffer, values ...any) {
	for _, value := range values {
		// A bytes.Buffer takes everything, and the values have sizes.
		_ = binary.Write(out, binary.LittleEndian, value)
	}
}
