package tabular_test

import (
	"bytes"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/unicode/norm"

	"entrepot/definition"
	"entrepot/tabular"
)

const (
	turkishFile = "Tesis;Dönem;Tüketim (kWh);Açıklama\nİzmir Şubesi;Ocak 2024;1.234,56;Doğalgaz sayacı değişti\n" +
		"Çankırı;Şubat 2024;12,5;kış ayı\nUşak;Mart 2024;7;ölçüm gecikti\n"
	frenchFile = "Site;Période;Énergie\nOrléans;février;12,5\nBesançon;août;7 €\nÀ côté;décembre;« néant »\n"
	germanFile = "Standort;Zähler;Größe\nKöln;Straße 5;3 m²\nMünchen;Öl;12 °C\nNürnberg;Übergabe;–\n"
	vietFile   = "Địa điểm,Tháng,Điện năng\nHà Nội,Tháng Một,1200\nĐà Nẵng,Tháng Hai,300\n" +
		"Thành phố Hồ Chí Minh,tháng ba,50\nHuế,Mười,1\n"
	japanFile   = "拠点,期間,電力量\n東京本社,2024年1月,1200\n大阪支店,2024年2月,300\nカタカナ,ひらがな,ソ能表\n"
	halfFile    = "ｷｮﾃﾝ,ｷｶﾝ\nﾄｳｷｮｳ,1\nｵｵｻｶ,2\n"
	iceland     = "Staður;Mánuður\nReykjavík;þrír\nAkureyri;Október með frýs\nÍsafjörður;Sýsla það\n"
	unitsOnly   = "site,volume m³,temp °C\nA,1,2\n"
	spanishFile = "Lugar,Año,Energía\nMálaga,1,ñandú\nCádiz,2,corazón\n¿Qué?,3,¡así!\n"
)

func encoded(t testing.TB, e encoding.Encoding, text string) []byte {
	t.Helper()
	out, err := e.NewEncoder().String(text)
	require.NoError(t, err)
	return []byte(out)
}

// toned spells Vietnamese as windows-1258 can: letters with their tones behind them where it has no single byte.
func toned(text string) string {
	var out strings.Builder
	for _, r := range text {
		if _, ok := charmap.Windows1258.EncodeRune(r); ok {
			out.WriteRune(r)
			continue
		}
		parts := []rune(norm.NFD.String(string(r)))
		letter := string(parts[0])
		var tone []rune
		for _, mark := range parts[1:] {
			joined := norm.NFC.String(letter + string(mark))
			if c := []rune(joined); len(c) == 1 {
				if _, ok := charmap.Windows1258.EncodeRune(c[0]); ok && !strings.ContainsRune("\u0300\u0301\u0303\u0309\u0323", mark) {
					letter = joined
					continue
				}
			}
			tone = append(tone, mark)
		}
		out.WriteString(letter + string(tone))
	}
	return out.String()
}

func TestEncodingsAreDetected(t *testing.T) {
	t.Parallel()
	utf16le := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	utf16be := unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	for _, test := range []struct {
		name, text string
		bytes      []byte
		want       string
		guessed    bool // at this size; twenty times as much is sure
	}{
		{"Turkish", turkishFile, encoded(t, charmap.Windows1254, turkishFile), "windows-1254", false},
		{"French", frenchFile, encoded(t, charmap.Windows1252, frenchFile), "windows-1252", false},
		{"German", germanFile, encoded(t, charmap.Windows1252, germanFile), "windows-1252", false},
		{"Spanish", spanishFile, encoded(t, charmap.Windows1252, spanishFile), "windows-1252", false},
		{"Icelandic", iceland, encoded(t, charmap.Windows1252, iceland), "windows-1252", false},
		{"Vietnamese", vietFile, encoded(t, charmap.Windows1258, toned(vietFile)), "windows-1258", false},
		{"Japanese", japanFile, encoded(t, japanese.ShiftJIS, japanFile), "Shift_JIS", false},
		{"Japanese of half width", halfFile, encoded(t, japanese.ShiftJIS, halfFile), "Shift_JIS", false},
		{"units alone", unitsOnly, encoded(t, charmap.Windows1252, unitsOnly), "windows-1252", true},
		{"UTF-8", turkishFile, []byte(turkishFile), "UTF-8", false},
		{"UTF-8 Japanese", japanFile, []byte(japanFile), "UTF-8", false},
		{"ASCII", "a,b\n1,2\n", []byte("a,b\n1,2\n"), "UTF-8", false},
		{"UTF-16LE", turkishFile, encoded(t, utf16le, turkishFile), "UTF-16LE", false},
		{"UTF-16BE", turkishFile, encoded(t, utf16be, turkishFile), "UTF-16BE", false},
		{"UTF-16LE Japanese", japanFile, encoded(t, utf16le, japanFile), "UTF-16LE", false},
		{"UTF-16BE Japanese", japanFile, encoded(t, utf16be, japanFile), "UTF-16BE", false},
		{"UTF-16LE marked", japanFile, append([]byte("\xff\xfe"), encoded(t, utf16le, japanFile)...), "UTF-16LE", false},
		{"UTF-16BE marked", japanFile, append([]byte("\xfe\xff"), encoded(t, utf16be, japanFile)...), "UTF-16BE", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			header, want := read(t, test.text, tabular.Config{Format: tabular.Format{Encoding: "utf-8"}})
			for _, source := range []func() *tabular.Reader{
				func() *tabular.Reader { return opened(t, test.bytes, tabular.Config{}, 1<<17) },
				func() *tabular.Reader { return opened(t, test.bytes, tabular.Config{}, 3) },
				func() *tabular.Reader {
					return opened(t, test.bytes, tabular.Config{Format: tabular.Format{Encoding: test.want}}, 1<<17)
				},
			} {
				r := source()
				require.Equal(t, test.want, r.Detected().Encoding)
				require.Equal(t, header, r.Header())
				require.Equal(t, want, readAll(t, r))
				require.NoError(t, r.Close())
			}
			r := opened(t, test.bytes, tabular.Config{}, 1<<17)
			require.Equal(t, test.guessed, warned(r, definition.WarningEncodingGuessed), "%v", r.Detected().EncodingConfidence)
			unit := bytes.TrimPrefix(bytes.TrimPrefix(test.bytes, []byte("\xff\xfe")), []byte("\xfe\xff"))
			r = opened(t, append(test.bytes[:len(test.bytes):len(test.bytes)], bytes.Repeat(unit, 20)...), tabular.Config{}, 1<<17)
			require.False(t, warned(r, definition.WarningEncodingGuessed), "%v", r.Detected().EncodingConfidence)
		})
	}
}

func opened(t testing.TB, text []byte, config tabular.Config, batchBytes int) *tabular.Reader {
	t.Helper()
	r, err := tabular.OpenSized(iotest.HalfReader(bytes.NewReader(text)), config, batchBytes)
	require.NoError(t, err)
	return r
}

func warned(r *tabular.Reader, code definition.WarningCode) bool {
	for _, w := range r.Warnings() {
		if w.Code == code {
			return w.Message != "" && len(w.Params) > 0
		}
	}
	return false
}

// Each file has one row with bytes that are not of its encoding, between two that are in order.
func TestBytesThatAreNotOfTheEncodingCostTheirRow(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ encoding, row, value string }{
		{"utf-8", "x\xc0\xafy", `x\xc0\xafy`},
		{"utf-8", "\xed\xa0\x80", `\xed\xa0\x80`},
		{"utf-8", "\xf8\x80", `\xf8\x80`},
		{"utf-8", "\xf4\x90\x80\x80", `\xf4\x90\x80\x80`},
		{"windows-1252", "a\x81b", `a\x81b`},
		{"windows-1252", "\xe9\x9d\xe9", `é\x9dé`},
		{"windows-1254", "\x8e\xfe", `\x8eş`},
		{"iso-8859-9", "\xfe\x90", `ş\x90`},
		{"windows-1258", "a\xec\x8a", `á\x8a`},
		{"shift_jis", "\x93\xfa\xff", `日\xff`},
		{"shift_jis", "\xa0", `\xa0`},
		{"shift_jis", "\xfc\xfc", `\xfc\xfc`},
		{"shift_jis", "\x81\x30", `\x810`}, // what follows in vain is kept
		{"shift_jis", "a\x81", `a\x81`},    // and so is the line end
	} {
		t.Run(test.encoding+test.value, func(t *testing.T) {
			t.Parallel()
			text := "a,b\n1,2\nx," + test.row + "\n3,4\n"
			for _, size := range []int{1, 2, 1 << 17} {
				r := opened(t, []byte(text), tabular.Config{Format: tabular.Format{Encoding: test.encoding, Delimiter: ','}}, size)
				name, _ := definition.EncodingName(test.encoding)
				require.Equal(t, name, r.Detected().Encoding)
				record, err := r.Next()
				require.NoError(t, err)
				require.Equal(t, `1:2 ["1" "2"]`, line(record))
				record, err = r.Next()
				require.NoError(t, err)
				require.NotNil(t, record.Problem)
				require.Equal(t, definition.RowEncodingInvalid, record.Problem.Code)
				require.Equal(t, int64(3), record.Line)
				require.Equal(t, 1, record.Problem.Column)
				require.Equal(t, test.value, record.Problem.Value())
				require.Equal(t, "cell 2 is not valid "+name, record.Problem.Message())
				require.Equal(t, []definition.Param{{Name: "encoding", Value: name}}, record.Problem.Params())
				record, err = r.Next()
				require.NoError(t, err)
				require.Equal(t, `3:4 ["3" "4"]`, line(record))
			}
		})
	}
}

func TestUTF16ThatIsDamagedCostsItsRow(t *testing.T) {
	t.Parallel()
	utf16 := func(order unicode.Endianness, text string) string {
		return string(encoded(t, unicode.UTF16(order, unicode.IgnoreBOM), text))
	}
	for _, test := range []struct {
		name  string
		order unicode.Endianness
		bad   string
		want  string
	}{
		{"a first half alone", unicode.LittleEndian, "\x3d\xd8", `2:3 ENCODING_INVALID column 0 line 3 "\\x3d\\xd8x"`},
		{"a first half alone", unicode.BigEndian, "\xd8\x3d", `2:3 ENCODING_INVALID column 0 line 3 "\\xd8\\x3dx"`},
		{"a second half alone", unicode.LittleEndian, "\x00\xdc", `2:3 ENCODING_INVALID column 0 line 3 "\\x00\\xdcx"`},
		{"two first halves", unicode.BigEndian, "\xd8\x3d\xd8\x3d", `2:3 ENCODING_INVALID column 0 line 3 "\\xd8=\\xd8\\x3dx"`},
		{"NUL", unicode.LittleEndian, "\x00\x00", `2:3 NUL_BYTE column 0 line 3 "\\x00x"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			text := utf16(test.order, "a,b\n1,😀\n") + test.bad + utf16(test.order, "x,2\n3,4\n")
			for _, size := range []int{1, 5, 1 << 17} {
				got := readAll(t, opened(t, []byte(text), tabular.Config{}, size))
				want := strings.ReplaceAll(test.want, `\\xd8=`, `\\xd8\\x3d`)
				require.Equal(t, []string{`1:2 ["1" "😀"]`, want, `3:4 ["3" "4"]`}, got)
			}
		})
	}
	got := readAll(t, opened(t, []byte("\xff\xfe"+utf16(unicode.LittleEndian, "a\n1\n2")+"x"), tabular.Config{}, 64))
	require.Equal(t, []string{`1:2 ["1"]`, `2:3 ENCODING_INVALID column 0 line 3 "2\\x78"`}, got)
}

// A mark at the start beats what was declared, as in browsers.
func TestAByteOrderMarkBeatsTheDeclaredEncoding(t *testing.T) {
	t.Parallel()
	r := opened(t, []byte("\xef\xbb\xbfa\nş\n"), tabular.Config{Format: tabular.Format{Encoding: "windows-1254"}}, 64)
	require.Equal(t, "UTF-8", r.Detected().Encoding)
	require.True(t, r.Detected().ByteOrderMark)
	require.Equal(t, []string{`1:2 ["ş"]`}, readAll(t, r))
	r = opened(t, []byte("\xfe\xff\x00a\x00\n\x01\x5f"), tabular.Config{Format: tabular.Format{Encoding: "utf-8"}}, 64)
	require.Equal(t, "UTF-16BE", r.Detected().Encoding)
	require.Equal(t, []string{`1:2 ["ş"]`}, readAll(t, r))
}

// Some rows in another encoding do not make a file another encoding's.
func TestRowsInAnotherEncodingAreSetAside(t *testing.T) {
	t.Parallel()
	text := "ad,yer\nAyşe,İzmir\nAli,Uşak\nOya,\xdeile\nEce,Çorum\n"
	r := opened(t, []byte(text), tabular.Config{}, 1<<17)
	require.Equal(t, "UTF-8", r.Detected().Encoding)
	require.Less(t, r.Detected().EncodingConfidence, 1.0)
	require.Equal(t, `3:4 ENCODING_INVALID column 1 line 4 "\\xdeile"`, readAll(t, r)[2])

	// The first character beyond ASCII lies behind what is looked at: it is set aside, never guessed.
	text = "a,b\n" + strings.Repeat("1,2\n", 300_000) + "\xdeile,2\n"
	r = opened(t, []byte(text), tabular.Config{}, 1<<17)
	require.Equal(t, "UTF-8", r.Detected().Encoding)
	var batch tabular.Batch
	var last string
	for r.NextBatch(&batch) == nil {
		if p := batch.Problem(batch.Len() - 1); p != nil {
			last = p.Value()
		}
	}
	require.Equal(t, `\xdeile`, last)
}

// Short files, as people send them to try; all but the first column of which is ASCII.
func TestEncodingsOfFewLettersAreDetected(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text string
		encoding.Encoding
		label string
	}{
		{"ŞUBE;TÜKETİM\nİSTANBUL ANADOLU;5\nIĞDIR;7\n", charmap.Windows1254, "windows-1254"},
		{"sehir,deger\nMuş,1\nİzmir,2\n", charmap.Windows1254, "windows-1254"},
		{"Gün;Değer\n1;2\n", charmap.Windows1254, "windows-1254"},
		{"Região;Mês;Consumo médio\nSão Paulo;março;1\n", charmap.Windows1252, "windows-1252"},
		{"Ort;Straße\nWörth;Äußere Gasse\n", charmap.Windows1252, "windows-1252"},
		{"Città;Perché\nForlì;è così\nBolzano;più\n", charmap.Windows1252, "windows-1252"},
		{"ÉTAT;DÉBUT\nÀ PAYER;HÔTEL\n", charmap.Windows1252, "windows-1252"},
		{"place;næring\nTromsø;språk\nÅlesund;fiskebåt\n", charmap.Windows1252, "windows-1252"},
		{"name,note\nO’Brien,“good” – see\n", charmap.Windows1252, "windows-1252"},
		{"Tỉnh,Số\nCần Thơ,1\nVũng Tàu,2\nBình Dương,3\n", charmap.Windows1258, "windows-1258"},
		{"thang,luong\nTháng Một,1\nTháng Bảy,2\n", charmap.Windows1258, "windows-1258"},
		{"店名,金額\n本店,1\n", japanese.ShiftJIS, "Shift_JIS"},
		{"id,name\n1,やまだ\n2,スズキ\n", japanese.ShiftJIS, "Shift_JIS"},
		{"使用量（ｋＷｈ）,電気料金\n1,2\n", japanese.ShiftJIS, "Shift_JIS"},
	} {
		t.Run(test.text[:10], func(t *testing.T) {
			t.Parallel()
			text := test.text
			if test.label == "windows-1258" {
				text = toned(text)
			}
			r := opened(t, encoded(t, test.Encoding, text), tabular.Config{}, 1<<17)
			require.Equal(t, strings.SplitN(test.text, "\n", 2)[0], strings.Join(r.Header(), r.Detected().Delimiter),
				"read as %s", r.Detected().Encoding)
			_, want := read(t, test.text, tabular.Config{})
			require.Equal(t, want, readAll(t, r))
		})
	}
}

// Text of an encoding that is not read must not pass for text of another: its rows are set aside, or it is refused, or
// at least it is told that the encoding was guessed.
func TestEncodingsThatAreNotReadAreNeverTakenForSure(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		encoding.Encoding
		text string
	}{
		"Russian":        {charmap.Windows1251, "город;расход\nМосква;январь\nКазань;февраль\n"},
		"Russian, KOI8":  {charmap.KOI8R, "город;расход\nМосква;январь\nКазань;февраль\n"},
		"Greek":          {charmap.Windows1253, "πόλη;μήνας\nΑθήνα;Ιανουάριος\nΠάτρα;Μάιος\n"},
		"Polish":         {charmap.Windows1250, "miasto;zużycie\nŁódź;styczeń\nKraków;ćwierć\nŚwidnica;gęś\n"},
		"Arabic":         {charmap.Windows1256, "مدينة;شهر\nالقاهرة;يناير\n"},
		"Hebrew":         {charmap.Windows1255, "עיר;חודש\nתל אביב;ינואר\n"},
		"DOS, Turkish":   {charmap.CodePage858, "Gün;Ölçü\nÇağ;söz\n"},
		"Macintosh":      {charmap.Macintosh, "Région;été\nÎle;forêt\nAngoulême;août\n"},
		"Korean, EUC-KR": {korean.EUCKR, "도시;월\n서울;일월\n부산;이월\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := encoding.ReplaceUnsupported(test.NewEncoder()).String(test.text)
			require.NoError(t, err)
			r, err := tabular.Open(strings.NewReader(text), tabular.Config{})
			var failure *tabular.Error
			if err != nil {
				require.ErrorAs(t, err, &failure)
				require.Equal(t, definition.ErrorEncodingUnknown, failure.Code)
				return
			}
			require.True(t, warned(r, definition.WarningEncodingGuessed), "taken for %s, %v",
				r.Detected().Encoding, r.Detected().EncodingConfidence)
		})
	}
}
