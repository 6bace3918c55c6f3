package seed

import (
	"entrepot/catalog"
	"entrepot/definition"
)

// Energy sources and products are no places, so only the cities are sites: the results of the others carry a siteKey
// and no site, as those of an unknown site do.
var sites = []catalog.NewSite{
	{Key: "Seattle", Name: "Seattle, Washington", Aliases: []string{"SEA", "Seattle, WA"}},
	{Key: "New York", Name: "New York City", Aliases: []string{"NYC", "New York, NY"}},
}

// The names of the definitions.
const (
	weather     = "Monthly weather per city"
	electricity = "Yearly electricity per source"
	reviews     = "Product reviews"
)

func definitions() []catalog.NewDefinition {
	return []catalog.NewDefinition{
		{
			Name: weather,
			Description: "Daily weather observations, one row per city and day, become monthly sums, means and extremes " +
				"per city.",
			Version: definition.Version{
				Columns: []definition.Column{
					{
						Name: "location", Type: definition.TypeString, Required: true, Role: definition.RoleSiteIdentifier,
						Aliases: []string{"city", "station", "site"}, Description: "Where it was observed.",
					},
					{
						Name: "date", Type: definition.TypeDate, Required: true, Role: definition.RolePeriod,
						Aliases: []string{"day"}, Description: "The day of the observation.",
					},
					{Name: "precipitation", Type: definition.TypeNumber, Description: "Millimetres of rain and melted snow."},
					{Name: "temp_max", Type: definition.TypeNumber, Description: "The day's highest temperature in °C."},
					{Name: "temp_min", Type: definition.TypeNumber, Description: "The day's lowest temperature in °C."},
					{Name: "wind", Type: definition.TypeNumber, Description: "Mean wind speed in metres per second."},
					{Name: "weather", Type: definition.TypeString, Description: "The kind of weather, in a word."},
				},
				Outputs: []definition.Output{
					monthly("precipitation", "Precipitation", "mm", definition.Sum, "precipitation"),
					monthly("temp_max", "Highest temperature", "°C", definition.Max, "temp_max"),
					monthly("temp_min", "Lowest temperature", "°C", definition.Min, "temp_min"),
					monthly("wind", "Mean wind speed", "m/s", definition.Average, "wind"),
					monthly("days", "Days observed", "days", definition.Count, "date"),
				},
			},
		},
		{
			Name: electricity,
			Description: "Net generation of electricity, one row per energy source and year. The year is written as a date, " +
				"and the energy source stands where other files have a site.",
			Version: definition.Version{
				Columns: []definition.Column{
					{
						Name: "year", Type: definition.TypeDate, Required: true, Role: definition.RolePeriod,
						Description: "A day of the year, such as 2001-01-01.",
					},
					{
						Name: "source", Type: definition.TypeString, Required: true, Role: definition.RoleSiteIdentifier,
						Aliases: []string{"energy source"}, Description: "The energy source.",
					},
					{
						Name: "net_generation", Type: definition.TypeNumber, Required: true,
						Aliases: []string{"net generation"}, Description: "Thousand megawatt-hours.",
					},
				},
				Outputs: []definition.Output{{
					Key: "net_generation", Label: "Net generation", Type: definition.OutputNumber,
					PeriodUnit: definition.Yearly, Unit: "thousand MWh", Aggregate: definition.Sum, Column: "net_generation",
				}},
			},
		},
		{
			Name:        reviews,
			Description: "Reviews of products, one row each: how many there were and how good, per product and month.",
			Version: definition.Version{
				Columns: []definition.Column{
					{
						Name: "product", Type: definition.TypeString, Required: true, Role: definition.RoleSiteIdentifier,
						Aliases: []string{"item"}, Description: "What was reviewed.",
					},
					{
						Name: "date", Type: definition.TypeDate, Required: true, Role: definition.RolePeriod,
						Aliases: []string{"reviewed on"}, Description: "The day of the review.",
					},
					{
						Name: "rating", Type: definition.TypeInteger, Required: true, Description: "From 1, bad, to 5, good.",
					},
					{Name: "comment", Type: definition.TypeString, Description: "What the reviewer wrote."},
				},
				Outputs: []definition.Output{
					monthly("reviews", "Reviews", "", definition.Count, ""),
					monthly("rating", "Mean rating", "of 5", definition.Average, "rating"),
				},
			},
		},
	}
}

func monthly(key, label, unit string, aggregate definition.Aggregate, column string) definition.Output {
	return definition.Output{
		Key: key, Label: label, Type: definition.OutputNumber, PeriodUnit: definition.Monthly, Unit: unit,
		Aggregate: aggregate, Column: column,
	}
}
