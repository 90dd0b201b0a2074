"""The ERP by file: extracts come in as CSV or XLSX, commands go out and their answers come in as files."""
