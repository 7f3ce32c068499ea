# Reads an insight as JSON-stat 2.0 into a data frame: Rscript examples/read.R INSIGHT
# It needs the package jsonlite, and COHORTE_URL and COHORTE_API_KEY in the environment.
library(jsonlite)

insight <- commandArgs(trailingOnly = TRUE)[1]
address <- sprintf("%s/insights/%s.json", Sys.getenv("COHORTE_URL"), insight)
headers <- c(Authorization = paste("Bearer", Sys.getenv("COHORTE_API_KEY")))
stat <- fromJSON(url(address, headers = headers), simplifyVector = FALSE)

# The last dimension runs fastest in JSON-stat, and the first one in expand.grid.
codes <- lapply(stat$dimension[unlist(stat$id)], function(one) unlist(one$category$index))
long <- rev(do.call(expand.grid, c(rev(codes), stringsAsFactors = FALSE)))
long$value <- vapply(stat$value, function(one) if (is.null(one)) NA_real_ else as.numeric(one), 0)

# One row for each cell: its count with its margin of error, and its share from low to high (95 % confidence).
measure <- tail(names(long), 2)[1]
wide <- reshape(long, direction = "wide", timevar = measure, idvar = setdiff(names(long), c(measure, "value")))
names(wide) <- sub("^value\\.", "", names(wide))
print(stat$label)
print(stat$source)
print(wide, row.names = FALSE)
