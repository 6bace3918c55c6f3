package definition

import "sync"

// unitTable lists units of measure and currencies as headers write them; the first of a row stands for all. What is one
// letter long, or a usual word too, is a unit in brackets only.
var unitTable = [][]string{
	{"kwh", "kilowatt hours", "kilovat saat"},
	{"mwh"},
	{"gwh"},
	{"wh"},
	{"kw"},
	{"mw"},
	{"kwp"},
	{"mj"},
	{"gj"},
	{"tj"},
	{"mmbtu"},
	{"btu"},
	{"therm", "therms"},
	{"kcal"},
	{"m3", "cbm", "cubic metres", "cubic meters", "metreküp", "mét khối", "khối", "立方メートル", "㎥"},
	{"sm3"},
	{"nm3"},
	{"m2", "sqm", "metrekare", "㎡"},
	{"l", "lt", "ltr", "litre", "liter", "litres", "liters", "lít", "リットル"},
	{"ml"},
	{"gal", "gallon", "gallons"},
	{"kg", "kilogram", "kilograms", "キロ"},
	{"g", "gr", "gram"},
	{"lb", "lbs"},
	{"t", "ton", "tons", "tonne", "tonnes", "tấn", "トン"},
	{"km", "kilometre", "kilometer", "kilometres", "kilometers"},
	{"m", "metre", "meter", "mét"},
	{"mi", "mile", "miles"},
	{"h", "hr", "hrs", "hour", "hours", "saat", "sa", "giờ", "時間"},
	{"min", "minutes", "dakika", "dk", "phút", "分"},
	{"days", "day", "gün", "日"},
	{"%", "percent", "yüzde"},
	{"pcs", "pieces", "adet", "ad", "cái", "個"},
	{"persons", "people", "kişi", "người", "人", "名"},
	{"tco2e", "tco2", "tonnes co2e"},
	{"kgco2e", "kgco2"},
	{"co2e"},
	{"c", "°c"},
	{"w/m2"},
	{"kwh/m2"},
	{"kg/m3"},
	{"l/100km"},
	{"try", "tl", "₺", "lira"},
	{"eur", "€", "euro"},
	{"usd", "$", "us$", "dollar"},
	{"gbp", "£"},
	{"jpy", "¥", "円", "yen"},
	{"vnd", "₫", "đồng", "vnđ"},
}

// bareUnits are units that are known as such without brackets, at the end of a header.
var bareUnits = map[string]bool{
	"kwh": true, "mwh": true, "gwh": true, "mj": true, "gj": true, "mmbtu": true, "m3": true, "sm3": true, "nm3": true,
	"m2": true, "lt": true, "ltr": true, "kg": true, "ton": true, "km": true, "tl": true, "eur": true, "usd": true,
	"vnd": true, "jpy": true, "tco2e": true, "kgco2e": true, "₺": true, "€": true, "$": true, "%": true,
	"litre": true, "liter": true, "liters": true, "litres": true, "tonne": true, "tonnes": true,
}

var unitNames = sync.OnceValue(func() map[string]string {
	units := make(map[string]string)
	for _, row := range unitTable {
		for _, unit := range row {
			units[compactKey(NormalizeName(unit))] = row[0]
		}
	}
	return units
})
