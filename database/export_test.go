package database

// VersionProblem is why a server of that version is refused.
var VersionProblem = versionProblem
