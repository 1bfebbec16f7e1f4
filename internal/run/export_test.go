package run

// SearchThrough is how many runs one page of a search goes through.
const SearchThrough = searchThrough
