module weft/conformance/go

go 1.19
