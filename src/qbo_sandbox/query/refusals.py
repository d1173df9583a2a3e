"""What QuickBooks answers to a query it does not take."""


class QueryRefused(Exception):
    """Fault 4000 (the text cannot be read) or 4001 (it asks for what there is not), in the words of the service."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        self.detail = detail
        super().__init__(f"{code}: {detail}")


def not_readable(detail: str) -> QueryRefused:
    return QueryRefused("4000", f"QueryParserError: {detail}")


def not_valid(detail: str) -> QueryRefused:
    return QueryRefused("4001", f"QueryValidationError: {detail}")
