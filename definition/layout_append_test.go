package definition_test

import (
	"math/rand/v2"
	"testing"

	"entrepot/definition"

	"github.com/stretchr/testify/require"
)

func TestLayoutAppends(t *testing.T) {
	t.Parallel()
	at := definition.Stamp{Year: 2024, Quarter: 1, Month: 3, Day: 5, Hour: 13, Minute: 7, Second: 9, Nanosecond: 5e8}
	for pattern, want := range map[string]string{
		"DD.MM.YYYY": "05.03.2024", "D/M/YYYY": "5/3/2024", "MMMM D, YYYY": "March 5, 2024", "DD-MMM-YYYY": "05-Mar-2024",
		"YYYY-MM-DD HH:mm:ss": "2024-03-05 13:07:09", "YYYY-MM-DDTHH:mm:ss.SSSZ": "2024-03-05T13:07:09.500Z",
		"M/D/YYYY h:mm A": "3/5/2024 1:07 PM", "[Q]Q YYYY": "Q1 2024", "YYYYMMDD": "20240305",
	} {
		layout, err := definition.CompileLayout(pattern)
		require.NoError(t, err)
		require.Equal(t, "x"+want, string(layout.Append([]byte("x"), at)), pattern)
	}
}

// TestLayoutReadsWhatItAppends writes random stamps in every kind of layout and reads them again.
func TestLayoutReadsWhatItAppends(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{
		"YYYY", "YYYY-[Q]Q", "MM/YYYY", "MMMM YYYY", "MMM. YYYY", "D.M.YYYY", "DD MMM YYYY", "YYYYMMDD",
		"YYYY-MM-DD HH:mm", "H:mm:ss, D MMMM YYYY", "DD/MM/YYYY hh:mm:ss.SSS A", "YYYY-MM-DDTHH:mm:ss.SSSZ",
	} {
		layout, err := definition.CompileLayout(pattern)
		require.NoError(t, err)
		random := rand.New(rand.NewPCG(uint64(len(pattern)), 4))
		for range 200 {
			year, month := 1+random.IntN(9999), 1+random.IntN(12)
			text := layout.Append(nil, definition.Stamp{
				Year: year, Quarter: (month + 2) / 3, Month: month, Day: 1 + random.IntN(definition.DaysIn(year, month)),
				Hour: random.IntN(24), Minute: random.IntN(60), Second: random.IntN(60),
				Nanosecond: []int{0, 123e6, 123456789}[random.IntN(3)],
				Zoned:      true, Offset: []int{0, 3 * 3600, -(9*3600 + 1800)}[random.IntN(3)],
			})
			read, ok := layout.Parse(text)
			require.True(t, ok, "%s: %s", pattern, text)
			require.Equal(t, string(text), string(layout.Append(nil, read)), pattern)
			require.Equal(t, year, read.Year)
			if layout.HasDay() {
				require.Equal(t, month, read.Month)
			}
		}
	}
}
