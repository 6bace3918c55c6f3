package definition

import "strings"

// encodingLabels are the labels of the WHATWG Encoding Standard for the encodings that files are read in. The standard
// counts ISO-8859-9 to windows-1254, which is the same but for the bytes 80 to 9F; here it keeps its name.
var encodingLabels = map[string]string{
	"UTF-8":    "utf-8 utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8",
	"UTF-16LE": "utf-16le utf-16 csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff",
	"UTF-16BE": "utf-16be unicodefffe",
	"windows-1252": "windows-1252 cp1252 x-cp1252 iso-8859-1 iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 iso-ir-100 latin1 l1 " +
		"csisolatin1 cp819 ibm819 ascii us-ascii ansi_x3.4-1968",
	"windows-1254": "windows-1254 cp1254 x-cp1254",
	"ISO-8859-9":   "iso-8859-9 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 iso-ir-148 latin5 l5 csisolatin5",
	"windows-1258": "windows-1258 cp1258 x-cp1258",
	"Shift_JIS":    "shift_jis shift-jis sjis x-sjis ms_kanji ms932 windows-31j csshiftjis",
}

var encodingNames = func() map[string]string {
	names := make(map[string]string)
	for name, labels := range encodingLabels {
		for label := range strings.FieldsSeq(labels) {
			names[label] = name
		}
	}
	return names
}()

// Encodings are the names of the encodings that files are read in.
func Encodings() []string {
	return []string{
		"UTF-8", "UTF-16LE", "UTF-16BE", "windows-1252", "windows-1254", "windows-1258", "ISO-8859-9", "Shift_JIS",
	}
}

// EncodingName is the name of the encoding that a label stands for, in any case; false where it is none of Encodings.
func EncodingName(label string) (name string, known bool) {
	name, known = encodingNames[strings.ToLower(strings.Trim(label, "\t\n\f\r "))]
	return name, known
}
