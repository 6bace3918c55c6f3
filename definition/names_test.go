package definition_test

import (
	"strings"
	"testing"
	"unicode"

	"entrepot/definition"

	"github.com/stretchr/testify/require"
)

func TestNormalizeName(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"  Site\t Key \n":     "site key",
		"TÜKETİM":             "tuketim",
		"tüketım":             "tuketim",
		"ISPARTA":             "isparta",
		"Isparta":             "isparta",
		"ısparta":             "isparta",
		"İZMİR":               "izmir",
		"Ağrı":                "agri",
		"Straße":              "strasse",
		"STRASSE":             "strasse",
		"Ａｂｃ\u00a0１":          "abc 1",
		"ﬁn":                  "fin",
		"ΣΊΣΥΦΟΣ":             "σισυφοσ",
		"σίσυφος":             "σισυφοσ",
		"naïve\u200b":         "naive",
		"\ufeffdate":          "date",
		"cafe\u0301":          "cafe",
		"":                    "",
		" \u3000 ":            "",
		"a\xffb":              "a\ufffdb",
		"と\u3099":             "ど",
		"한국":                  "한국",
		"Zu\u0308rich  (alt)": "zurich (alt)",
	}
	for in, want := range tests {
		require.Equal(t, want, definition.NormalizeName(in), "%q", in)
	}
	// These differ by more than an accent.
	for _, pair := range [][2]string{{"か", "が"}, {"कि", "कु"}, {"กิ", "กุ"}} {
		require.NotEqual(t, definition.NormalizeName(pair[0]), definition.NormalizeName(pair[1]))
	}
}

func TestNormalizeNameIsIdempotentForEveryCharacter(t *testing.T) {
	t.Parallel()
	for r := rune(0); r <= 0x1FFFF; r++ {
		if unicode.Is(unicode.Unified_Ideograph, r) || unicode.Is(unicode.Hangul, r) || !unicode.IsGraphic(r) && r > 0x2FFF {
			continue // tens of thousands that are all alike
		}
		for _, s := range []string{string(r), "a" + string(r) + "\u0301", string(r) + string(r)} {
			once := definition.NormalizeName(s)
			if twice := definition.NormalizeName(once); twice != once {
				t.Fatalf("%+q: %+q, then %+q", s, once, twice)
			}
		}
	}
}

func FuzzNormalizeName(f *testing.F) {
	for _, seed := range []string{"TÜKETİM", "a \u0345\u0301 b", "ǅ ŉ ẞ", "\xff", "Å\u200dß"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := definition.NormalizeName(s)
		require.Equal(t, once, definition.NormalizeName(once))
		require.Equal(t, once, strings.TrimSpace(once))
		require.Equal(t, once, definition.NormalizeName("  "+s+"\t"))
	})
}

func TestMonthNumber(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int{
		"Mart": 3, "MARCH": 3, "mar": 3, "Mar.": 3, "Şubat": 2, "ŞUBAT": 2, "şub.": 2, "Sept": 9, "EYLÜL": 9, "Aralık": 12,
		"ARALIK": 12, "MAYIS": 5, "mayıs": 5, "May": 5, "Haziran": 6, "KASIM": 11, "AĞUSTOS": 8, "agustos": 8,
		"": 0, ".": 0, "Marz": 3, "März": 3, "août": 8, "PAŹDZIERNIKA": 10, "mrt": 3, "março": 3, "m": 0,
		"martius": 0, strings.Repeat("x", 33): 0,
	} {
		require.Equal(t, want, definition.MonthNumber([]byte(name)), name)
	}
}

func TestLayoutReadsWhatItNames(t *testing.T) {
	t.Parallel()
	type stamp = definition.Stamp
	tests := []struct {
		pattern, text string
		want          stamp
	}{
		{"DD.MM.YYYY", "29.02.2024", stamp{Year: 2024, Month: 2, Day: 29}},
		{"D/M/YYYY", "1/12/2024", stamp{Year: 2024, Month: 12, Day: 1}},
		{"MM/DD/YYYY", "03/15/2024", stamp{Year: 2024, Month: 3, Day: 15}},
		{"YYYYMMDD", "20240315", stamp{Year: 2024, Month: 3, Day: 15}},
		{"YYYY/MM", "2024/03", stamp{Year: 2024, Month: 3}},
		{"YYYY", "2024", stamp{Year: 2024}},
		{"[Q]Q YYYY", "Q4 2024", stamp{Year: 2024, Quarter: 4}},
		{"D MMMM YYYY", "7 Ağustos 2024", stamp{Year: 2024, Month: 8, Day: 7}},
		{"MMM.YYYY", "Mar.2024", stamp{Year: 2024, Month: 3}},
		{
			"DD.MM.YYYY HH:mm:ss", "15.03.2024 23:59:58",
			stamp{Year: 2024, Month: 3, Day: 15, Hour: 23, Minute: 59, Second: 58},
		},
		{"MM/DD/YYYY h:mm A", "03/15/2024 12:05 am", stamp{Year: 2024, Month: 3, Day: 15, Minute: 5}},
		{"MM/DD/YYYY hh:mm A", "03/15/2024 01:05 PM", stamp{Year: 2024, Month: 3, Day: 15, Hour: 13, Minute: 5}},
		{"YYYY-MM-DDTHH:mm:ss.SSSZ", "2024-03-15T10:00:00.5+03:00", stamp{
			Year: 2024, Month: 3, Day: 15, Hour: 10,
			Nanosecond: 500_000_000, Zoned: true, Offset: 10800,
		}},
	}
	for _, test := range tests {
		layout, err := definition.CompileLayout(test.pattern)
		require.NoError(t, err, test.pattern)
		got, ok := layout.Parse([]byte(test.text))
		require.True(t, ok, "%s %s", test.pattern, test.text)
		require.Equal(t, test.want, got)
		_, ok = layout.Parse([]byte(test.text + "0"))
		require.False(t, ok, "%s takes something after its end", test.pattern)
		_, ok = layout.Parse([]byte(test.text[:len(test.text)-1]))
		require.False(t, ok, "%s takes a part of a text", test.pattern)
	}
}

func TestLayoutRefusesDatesThatDoNotExist(t *testing.T) {
	t.Parallel()
	for pattern, texts := range map[string][]string{
		"DD.MM.YYYY": {
			"29.02.2023", "29.02.1900", "31.04.2024", "00.01.2024", "01.13.2024", "01.00.2024",
			"01.01.0000", "1.1.2024", "01-01-2024", "",
		},
		"YYYY-MM-DD HH:mm":   {"2024-01-01 24:00", "2024-01-01 23:60", "2024-01-01 1:00", "2024-01-01"},
		"YYYY-MM-DD hh:mm A": {"2024-01-01 13:00 PM", "2024-01-01 00:00 AM", "2024-01-01 01:00 XM"},
		"MMMM YYYY":          {"Maj. 2024", " 2024", "3 2024"},
		"[Q]Q/YYYY":          {"Q0/2024", "Q5/2024", "q1/2024"},
		"YYYY-MM-DD HH:mm:ssZ": {
			"2024-01-01 00:00:00", "2024-01-01 00:00:00+24:00", "2024-01-01 00:00:00+0060",
			"2024-01-01 00:00:00+3",
		},
	} {
		layout, err := definition.CompileLayout(pattern)
		require.NoError(t, err)
		for _, text := range texts {
			_, ok := layout.Parse([]byte(text))
			require.False(t, ok, "%s %q", pattern, text)
		}
	}
}

func TestLayoutRefusesPatternsThatCannotWork(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{
		"", "DD.MM.YY", "DD.MM", "YYYY-DD", "YYYY-MM-MM", "YYYY MM MMM", "YYYYMD", "DMYYYY", "2024-01-01",
		"YYYY-mm-dd", "YYYY-MM-DD HH",
		"YYYY-MM-DD hh:mm", "YYYY-MM-DD HH:mm A", "YYYY-MM HH:mm", "YYYY-Q-MM", "YYYY[", "YYYY[]", "YYYYZ",
		"YYYY-MM-DD ss",
		"YYYY\n", "YYYY[\x00]", "YYYY[a\n]", "YYYY\xff", "YYYY" + strings.Repeat(".", 61),
	} {
		_, err := definition.CompileLayout(pattern)
		require.Error(t, err, "%q", pattern)
	}
}

func FuzzLayout(f *testing.F) {
	f.Add("DD.MM.YYYY", "15.03.2024")
	f.Add("YYYY-MM-DDTHH:mm:ss.SSSZ", "2024-03-15T10:00:00.5+03:00")
	f.Add("D MMMM YYYY h:mm A", "7 Ağustos 2024 1:00 pm")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		layout, err := definition.CompileLayout(pattern)
		if err != nil {
			return
		}
		stamp, ok := layout.Parse([]byte(text))
		if !ok {
			return
		}
		require.True(t, stamp.Year >= 1 && stamp.Year <= 9999, "%+v", stamp)
		require.True(t, stamp.Month <= 12 && stamp.Day <= 31 && stamp.Quarter <= 4, "%+v", stamp)
		if layout.HasDay() {
			require.True(t, stamp.Day >= 1 && stamp.Day <= definition.DaysIn(stamp.Year, stamp.Month), "%+v", stamp)
		}
	})
}
