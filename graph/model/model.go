package model

import (
	"context"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/viewer"
)

// Node is anything with a global id.
type Node any

// Viewer is who is asking.
type Viewer struct {
	viewer.Viewer
}

// ImportRowError is one thing that is wrong in one row, with what its viewer may see of it.
type ImportRowError struct {
	definition.RowError
	ID string
	// Hidden keeps the cell from a viewer of another group.
	Hidden bool
}

// ImportErrorGroup are the row errors of one code and column, counted.
type ImportErrorGroup struct {
	definition.ErrorGroup
	// Shown is its sample, with what its viewer may see of it.
	Shown ImportRowError
}

// ImportDefinitionMatch tells how well a definition fits a file.
type ImportDefinitionMatch struct {
	Definition       *ent.ImportDefinition
	Score            float64
	IsValid          bool
	ColumnMapping    []*ColumnMatch
	MissingRequired  []string
	MissingOptional  []string
	UnmatchedHeaders []string
}

// PageInfo is where a page stands in its list.
type PageInfo struct {
	HasNextPage     bool
	HasPreviousPage bool
	StartCursor     *Cursor
	EndCursor       *Cursor
}

// Connection is one page of a list of T.
type Connection[T any] struct {
	Edges    []Edge[T]
	Nodes    []T
	PageInfo PageInfo
	// Count counts the whole list; it is called when totalCount is selected.
	Count func(context.Context) (int, error)
}

// TotalCount counts the whole list.
func (c *Connection[T]) TotalCount(ctx context.Context) (int, error) { return c.Count(ctx) }

// Edge is one entry of a page.
type Edge[T any] struct {
	Cursor Cursor
	Node   T
}

// The connections and edges of the contract.
type (
	ImportConnection                  = Connection[*ent.ImportRun]
	ImportEdge                        = Edge[*ent.ImportRun]
	ImportResultConnection            = Connection[*ent.ImportResult]
	ImportResultEdge                  = Edge[*ent.ImportResult]
	ImportRowErrorConnection          = Connection[*ImportRowError]
	ImportRowErrorEdge                = Edge[*ImportRowError]
	ImportDefinitionConnection        = Connection[*ent.ImportDefinition]
	ImportDefinitionEdge              = Edge[*ent.ImportDefinition]
	ImportDefinitionVersionConnection = Connection[*ent.ImportDefinitionVersion]
	ImportDefinitionVersionEdge       = Edge[*ent.ImportDefinitionVersion]
	LogLineConnection                 = Connection[*ent.ImportLogLine]
	LogLineEdge                       = Edge[*ent.ImportLogLine]
	ReviewUploadHistoryConnection     = Connection[*ent.ReviewUploadHistory]
	ReviewUploadHistoryEdge           = Edge[*ent.ReviewUploadHistory]
	SiteConnection                    = Connection[*ent.Site]
	SiteEdge                          = Edge[*ent.Site]
	APITokenConnection                = Connection[*ent.APIToken]
	APITokenEdge                      = Edge[*ent.APIToken]
)
