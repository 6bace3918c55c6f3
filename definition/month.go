package definition

// monthNames lists the names and usual short forms of the months, language by language, as NormalizeName writes them. A
// name that two languages share must mean the same month in both.
var monthNames = [][12][]string{
	{ // English
		{"january", "jan"},
		{"february", "feb"},
		{"march", "mar"},
		{"april", "apr"},
		{"may"},
		{"june", "jun"},
		{"july", "jul"},
		{"august", "aug"},
		{"september", "sep", "sept"},
		{"october", "oct"},
		{"november", "nov"},
		{"december", "dec"},
	},
	{ // Turkish
		{"ocak", "oca"},
		{"subat", "sub"},
		{"mart", "mar"},
		{"nisan", "nis"},
		{"mayis", "may"},
		{"haziran", "haz"},
		{"temmuz", "tem"},
		{"agustos", "agu"},
		{"eylul", "eyl"},
		{"ekim", "eki"},
		{"kasim", "kas"},
		{"aralik", "ara"},
	},
}

const longestMonthName = 32 // bytes, before normalisation

var monthByName = func() map[string]int {
	months := make(map[string]int)
	for _, language := range monthNames {
		for month, names := range language {
			for _, name := range names {
				months[name] = month + 1
			}
		}
	}
	return months
}()

// MonthNumber is the month (1 to 12) that a text names, in English or Turkish, in full or short, with or without a full
// stop after it; 0 when it names none. Case and accents do not count.
func MonthNumber(name []byte) int {
	if n := len(name); n > 1 && name[n-1] == '.' {
		name = name[:n-1]
	}
	if len(name) == 0 || len(name) > longestMonthName {
		return 0
	}
	var lower [longestMonthName]byte
	for i, b := range name {
		if b >= 0x80 {
			return monthByName[NormalizeName(string(name))]
		}
		if 'A' <= b && b <= 'Z' {
			b += 'a' - 'A'
		}
		lower[i] = b
	}
	return monthByName[string(lower[:len(name)])]
}
