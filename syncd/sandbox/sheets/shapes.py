"""The shapes of Sheets API v4 messages the sandbox knows, one type a line, to validate against.

``@Name`` lines list an enum's values; a type's line lists ``field:type``, where ``[x]`` is a list,
``{x}`` a map and ``any`` is left unread. Facts from Google's discovery document; the tests compare.
"""

from __future__ import annotations

SHAPES = """
@CommentsViewMode COMMENTS_VIEW_MODE_UNSPECIFIED COMMENTS_VIEW_MODE_DEFAULT_FOR_CURRENT_ACCESS
  COMMENTS_VIEW_MODE_OMITTED COMMENTS_VIEW_MODE_INCLUDED
@Dimension DIMENSION_UNSPECIFIED ROWS COLUMNS
@PasteOrientation NORMAL TRANSPOSE
@PasteType PASTE_NORMAL PASTE_VALUES PASTE_FORMAT PASTE_NO_BORDERS PASTE_FORMULA
  PASTE_DATA_VALIDATION PASTE_CONDITIONAL_FORMATTING
@MergeType MERGE_ALL MERGE_COLUMNS MERGE_ROWS
@SheetType SHEET_TYPE_UNSPECIFIED GRID OBJECT DATA_SOURCE
@DeveloperMetadataVisibility DEVELOPER_METADATA_VISIBILITY_UNSPECIFIED DOCUMENT PROJECT
@SortOrder SORT_ORDER_UNSPECIFIED ASCENDING DESCENDING
@Style STYLE_UNSPECIFIED DOTTED DASHED SOLID SOLID_MEDIUM SOLID_THICK NONE DOUBLE
@RecalculationInterval RECALCULATION_INTERVAL_UNSPECIFIED ON_CHANGE MINUTE HOUR
@ThemeColorType THEME_COLOR_TYPE_UNSPECIFIED TEXT BACKGROUND ACCENT1 ACCENT2 ACCENT3 ACCENT4
  ACCENT5 ACCENT6 LINK
@DeveloperMetadataLocationType DEVELOPER_METADATA_LOCATION_TYPE_UNSPECIFIED ROW COLUMN SHEET
  SPREADSHEET
@DeveloperMetadataLocationMatchingStrategy
  DEVELOPER_METADATA_LOCATION_MATCHING_STRATEGY_UNSPECIFIED EXACT_LOCATION INTERSECTING_LOCATION
@HorizontalAlign HORIZONTAL_ALIGN_UNSPECIFIED LEFT CENTER RIGHT
@HyperlinkDisplayType HYPERLINK_DISPLAY_TYPE_UNSPECIFIED LINKED PLAIN_TEXT
@TextDirection TEXT_DIRECTION_UNSPECIFIED LEFT_TO_RIGHT RIGHT_TO_LEFT
@VerticalAlign VERTICAL_ALIGN_UNSPECIFIED TOP MIDDLE BOTTOM
@WrapStrategy WRAP_STRATEGY_UNSPECIFIED OVERFLOW_CELL LEGACY_WRAP CLIP WRAP
@ConditionType CONDITION_TYPE_UNSPECIFIED NUMBER_GREATER NUMBER_GREATER_THAN_EQ NUMBER_LESS
  NUMBER_LESS_THAN_EQ NUMBER_EQ NUMBER_NOT_EQ NUMBER_BETWEEN NUMBER_NOT_BETWEEN TEXT_CONTAINS
  TEXT_NOT_CONTAINS TEXT_STARTS_WITH TEXT_ENDS_WITH TEXT_EQ TEXT_IS_EMAIL TEXT_IS_URL DATE_EQ
  DATE_BEFORE DATE_AFTER DATE_ON_OR_BEFORE DATE_ON_OR_AFTER DATE_BETWEEN DATE_NOT_BETWEEN
  DATE_IS_VALID ONE_OF_RANGE ONE_OF_LIST BLANK NOT_BLANK CUSTOM_FORMULA BOOLEAN TEXT_NOT_EQ
  DATE_NOT_EQ FILTER_EXPRESSION
@InterpolationPointType INTERPOLATION_POINT_TYPE_UNSPECIFIED MIN MAX NUMBER PERCENT PERCENTILE
@NumberFormatType NUMBER_FORMAT_TYPE_UNSPECIFIED TEXT NUMBER PERCENT CURRENCY DATE TIME DATE_TIME
  SCIENTIFIC
@ErrorType ERROR_TYPE_UNSPECIFIED ERROR NULL_VALUE DIVIDE_BY_ZERO VALUE REF NAME NUM N_A LOADING
@RelativeDate RELATIVE_DATE_UNSPECIFIED PAST_YEAR PAST_MONTH PAST_WEEK YESTERDAY TODAY TOMORROW
@CommentUpdateState COMMENT_UPDATE_STATE_UNSPECIFIED NO_UPDATES_REQUESTED ALL_SAVED
  ALL_FAILED_UNKNOWN_REASON
@DateTimeRenderOption SERIAL_NUMBER FORMATTED_STRING
@ValueRenderOption FORMATTED_VALUE UNFORMATTED_VALUE FORMULA
@ValueInputOption INPUT_VALUE_OPTION_UNSPECIFIED RAW USER_ENTERED
BatchUpdateSpreadsheetRequest: commentsViewMode:@CommentsViewMode
  includeSpreadsheetInResponse:bool requests:[Request] responseIncludeGridData:bool
  responseRanges:[string]
Request: addConditionalFormatRule:AddConditionalFormatRuleRequest
  addDimensionGroup:AddDimensionGroupRequest addNamedRange:AddNamedRangeRequest
  addProtectedRange:AddProtectedRangeRequest addSheet:AddSheetRequest
  appendCells:AppendCellsRequest appendDimension:AppendDimensionRequest
  autoResizeDimensions:AutoResizeDimensionsRequest clearBasicFilter:ClearBasicFilterRequest
  copyPaste:CopyPasteRequest createDeveloperMetadata:CreateDeveloperMetadataRequest
  cutPaste:CutPasteRequest deleteConditionalFormatRule:DeleteConditionalFormatRuleRequest
  deleteDeveloperMetadata:DeleteDeveloperMetadataRequest deleteDimension:DeleteDimensionRequest
  deleteDimensionGroup:DeleteDimensionGroupRequest deleteNamedRange:DeleteNamedRangeRequest
  deleteProtectedRange:DeleteProtectedRangeRequest deleteRange:DeleteRangeRequest
  deleteSheet:DeleteSheetRequest duplicateSheet:DuplicateSheetRequest
  findReplace:FindReplaceRequest insertDimension:InsertDimensionRequest
  insertRange:InsertRangeRequest mergeCells:MergeCellsRequest moveDimension:MoveDimensionRequest
  repeatCell:RepeatCellRequest setBasicFilter:SetBasicFilterRequest
  setDataValidation:SetDataValidationRequest sortRange:SortRangeRequest
  unmergeCells:UnmergeCellsRequest updateBorders:UpdateBordersRequest
  updateCells:UpdateCellsRequest updateConditionalFormatRule:UpdateConditionalFormatRuleRequest
  updateDeveloperMetadata:UpdateDeveloperMetadataRequest
  updateDimensionProperties:UpdateDimensionPropertiesRequest
  updateNamedRange:UpdateNamedRangeRequest updateProtectedRange:UpdateProtectedRangeRequest
  updateSheetProperties:UpdateSheetPropertiesRequest
  updateSpreadsheetProperties:UpdateSpreadsheetPropertiesRequest
AddConditionalFormatRuleRequest: index:int rule:ConditionalFormatRule
AddDimensionGroupRequest: range:DimensionRange
AddNamedRangeRequest: namedRange:NamedRange
AddProtectedRangeRequest: protectedRange:ProtectedRange
AddSheetRequest: properties:SheetProperties
AppendCellsRequest: fields:mask rows:[RowData] sheetId:int tableId:string
AppendDimensionRequest: dimension:@Dimension length:int sheetId:int
AutoResizeDimensionsRequest: dataSourceSheetDimensions:any dimensions:DimensionRange
ClearBasicFilterRequest: sheetId:int
CopyPasteRequest: destination:GridRange pasteOrientation:@PasteOrientation pasteType:@PasteType
  source:GridRange
CreateDeveloperMetadataRequest: developerMetadata:DeveloperMetadata
CutPasteRequest: destination:GridCoordinate pasteType:@PasteType source:GridRange
DeleteConditionalFormatRuleRequest: index:int sheetId:int
DeleteDeveloperMetadataRequest: dataFilter:DataFilter
DeleteDimensionRequest: range:DimensionRange
DeleteDimensionGroupRequest: range:DimensionRange
DeleteNamedRangeRequest: namedRangeId:string
DeleteProtectedRangeRequest: protectedRangeId:int
DeleteRangeRequest: range:GridRange shiftDimension:@Dimension
DeleteSheetRequest: sheetId:int
DuplicateSheetRequest: insertSheetIndex:int newSheetId:int newSheetName:string sourceSheetId:int
FindReplaceRequest: allSheets:bool find:string includeFormulas:bool matchCase:bool
  matchEntireCell:bool range:GridRange replacement:string searchByRegex:bool sheetId:int
InsertDimensionRequest: inheritFromBefore:bool range:DimensionRange
InsertRangeRequest: range:GridRange shiftDimension:@Dimension
MergeCellsRequest: mergeType:@MergeType range:GridRange
MoveDimensionRequest: destinationIndex:int source:DimensionRange
RepeatCellRequest: cell:CellData fields:mask range:GridRange
SetBasicFilterRequest: filter:BasicFilter
SetDataValidationRequest: filteredRowsIncluded:bool range:GridRange rule:DataValidationRule
SortRangeRequest: range:GridRange sortSpecs:[SortSpec]
UnmergeCellsRequest: range:GridRange
UpdateBordersRequest: bottom:Border innerHorizontal:Border innerVertical:Border left:Border
  range:GridRange right:Border top:Border
UpdateCellsRequest: fields:mask range:GridRange rows:[RowData] start:GridCoordinate
UpdateConditionalFormatRuleRequest: index:int newIndex:int rule:ConditionalFormatRule sheetId:int
UpdateDeveloperMetadataRequest: dataFilters:[DataFilter] developerMetadata:DeveloperMetadata
  fields:mask
UpdateDimensionPropertiesRequest: dataSourceSheetRange:any fields:mask
  properties:DimensionProperties range:DimensionRange
UpdateNamedRangeRequest: fields:mask namedRange:NamedRange
UpdateProtectedRangeRequest: fields:mask protectedRange:ProtectedRange
UpdateSheetPropertiesRequest: fields:mask properties:SheetProperties
UpdateSpreadsheetPropertiesRequest: fields:mask properties:SpreadsheetProperties
ConditionalFormatRule: booleanRule:BooleanRule gradientRule:GradientRule ranges:[GridRange]
DimensionRange: dimension:@Dimension endIndex:int sheetId:int startIndex:int
NamedRange: name:string namedRangeId:string range:GridRange
ProtectedRange: description:string editors:Editors namedRangeId:string protectedRangeId:int
  range:GridRange requestingUserCanEdit:bool tableId:string unprotectedRanges:[GridRange]
  warningOnly:bool
SheetProperties: dataSourceSheetProperties:any gridProperties:GridProperties hidden:bool index:int
  rightToLeft:bool sheetId:int sheetType:@SheetType tabColor:Color tabColorStyle:ColorStyle
  title:string
RowData: values:[CellData]
GridRange: endColumnIndex:int endRowIndex:int sheetId:int startColumnIndex:int startRowIndex:int
DeveloperMetadata: location:DeveloperMetadataLocation metadataId:int metadataKey:string
  metadataValue:string visibility:@DeveloperMetadataVisibility
GridCoordinate: columnIndex:int rowIndex:int sheetId:int
DataFilter: a1Range:string developerMetadataLookup:DeveloperMetadataLookup gridRange:GridRange
CellData: chipRuns:[any] dataSourceFormula:any dataSourceTable:any
  dataValidation:DataValidationRule effectiveFormat:CellFormat effectiveValue:ExtendedValue
  formattedValue:string hyperlink:string note:string pivotTable:any textFormatRuns:[TextFormatRun]
  userEnteredFormat:CellFormat userEnteredValue:ExtendedValue
BasicFilter: criteria:{FilterCriteria} filterSpecs:[FilterSpec] range:GridRange
  sortSpecs:[SortSpec] tableId:string
DataValidationRule: condition:BooleanCondition inputMessage:string showCustomUi:bool strict:bool
SortSpec: backgroundColor:Color backgroundColorStyle:ColorStyle dataSourceColumnReference:any
  dimensionIndex:int foregroundColor:Color foregroundColorStyle:ColorStyle sortOrder:@SortOrder
Border: color:Color colorStyle:ColorStyle style:@Style width:int
DimensionProperties: dataSourceColumnReference:any developerMetadata:[DeveloperMetadata]
  hiddenByFilter:bool hiddenByUser:bool pixelSize:int
SpreadsheetProperties: autoRecalc:@RecalculationInterval defaultFormat:CellFormat
  importFunctionsExternalUrlAccessAllowed:bool
  iterativeCalculationSettings:IterativeCalculationSettings locale:string
  spreadsheetTheme:SpreadsheetTheme timeZone:string title:string
BooleanRule: condition:BooleanCondition format:CellFormat
GradientRule: maxpoint:InterpolationPoint midpoint:InterpolationPoint minpoint:InterpolationPoint
Editors: domainUsersCanEdit:bool groups:[string] users:[string]
GridProperties: columnCount:int columnGroupControlAfter:bool frozenColumnCount:int
  frozenRowCount:int hideGridlines:bool rowCount:int rowGroupControlAfter:bool
Color: alpha:number blue:number green:number red:number
ColorStyle: rgbColor:Color themeColor:@ThemeColorType
DeveloperMetadataLocation: dimensionRange:DimensionRange
  locationType:@DeveloperMetadataLocationType sheetId:int spreadsheet:bool
DeveloperMetadataLookup: locationMatchingStrategy:@DeveloperMetadataLocationMatchingStrategy
  locationType:@DeveloperMetadataLocationType metadataId:int metadataKey:string
  metadataLocation:DeveloperMetadataLocation metadataValue:string
  visibility:@DeveloperMetadataVisibility
CellFormat: backgroundColor:Color backgroundColorStyle:ColorStyle borders:Borders
  horizontalAlignment:@HorizontalAlign hyperlinkDisplayType:@HyperlinkDisplayType
  numberFormat:NumberFormat padding:Padding textDirection:@TextDirection textFormat:TextFormat
  textRotation:TextRotation verticalAlignment:@VerticalAlign wrapStrategy:@WrapStrategy
ExtendedValue: boolValue:bool errorValue:ErrorValue formulaValue:string numberValue:number
  stringValue:string
TextFormatRun: format:TextFormat startIndex:int
FilterCriteria: condition:BooleanCondition hiddenValues:[string] visibleBackgroundColor:Color
  visibleBackgroundColorStyle:ColorStyle visibleForegroundColor:Color
  visibleForegroundColorStyle:ColorStyle
FilterSpec: columnIndex:int dataSourceColumnReference:any filterCriteria:FilterCriteria
BooleanCondition: type:@ConditionType values:[ConditionValue]
IterativeCalculationSettings: convergenceThreshold:number maxIterations:int
SpreadsheetTheme: primaryFontFamily:string themeColors:[ThemeColorPair]
InterpolationPoint: color:Color colorStyle:ColorStyle type:@InterpolationPointType value:string
Borders: bottom:Border left:Border right:Border top:Border
NumberFormat: pattern:string type:@NumberFormatType
Padding: bottom:int left:int right:int top:int
TextFormat: bold:bool fontFamily:string fontSize:int foregroundColor:Color
  foregroundColorStyle:ColorStyle italic:bool link:Link strikethrough:bool underline:bool
TextRotation: angle:int vertical:bool
ErrorValue: message:string type:@ErrorType
ConditionValue: relativeDate:@RelativeDate userEnteredValue:string
ThemeColorPair: color:ColorStyle colorType:@ThemeColorType
Link: uri:string
BatchUpdateSpreadsheetResponse: commentUpdateState:@CommentUpdateState replies:[Response]
  spreadsheetId:string updatedSpreadsheet:Spreadsheet
Response: addDimensionGroup:AddDimensionGroupResponse addNamedRange:AddNamedRangeResponse
  addProtectedRange:AddProtectedRangeResponse addSheet:AddSheetResponse
  createDeveloperMetadata:CreateDeveloperMetadataResponse
  deleteConditionalFormatRule:DeleteConditionalFormatRuleResponse
  deleteDeveloperMetadata:DeleteDeveloperMetadataResponse
  deleteDimensionGroup:DeleteDimensionGroupResponse duplicateSheet:DuplicateSheetResponse
  findReplace:FindReplaceResponse updateConditionalFormatRule:UpdateConditionalFormatRuleResponse
  updateDeveloperMetadata:UpdateDeveloperMetadataResponse
Spreadsheet: comments:[any] commentsViewMode:@CommentsViewMode dataSourceSchedules:[any]
  dataSources:[any] developerMetadata:[DeveloperMetadata] namedRanges:[NamedRange]
  properties:SpreadsheetProperties sheets:[Sheet] spreadsheetId:string spreadsheetUrl:string
AddDimensionGroupResponse: dimensionGroups:[DimensionGroup]
AddNamedRangeResponse: namedRange:NamedRange
AddProtectedRangeResponse: protectedRange:ProtectedRange
AddSheetResponse: properties:SheetProperties
CreateDeveloperMetadataResponse: developerMetadata:DeveloperMetadata
DeleteConditionalFormatRuleResponse: rule:ConditionalFormatRule
DeleteDeveloperMetadataResponse: deletedDeveloperMetadata:[DeveloperMetadata]
DeleteDimensionGroupResponse: dimensionGroups:[DimensionGroup]
DuplicateSheetResponse: properties:SheetProperties
FindReplaceResponse: formulasChanged:int occurrencesChanged:int rowsChanged:int sheetsChanged:int
  valuesChanged:int
UpdateConditionalFormatRuleResponse: newIndex:int newRule:ConditionalFormatRule oldIndex:int
  oldRule:ConditionalFormatRule
UpdateDeveloperMetadataResponse: developerMetadata:[DeveloperMetadata]
Sheet: bandedRanges:[any] basicFilter:BasicFilter charts:[any] columnGroups:[DimensionGroup]
  commentAnchors:[any] conditionalFormats:[ConditionalFormatRule] data:[GridData]
  developerMetadata:[DeveloperMetadata] filterViews:[any] merges:[GridRange]
  properties:SheetProperties protectedRanges:[ProtectedRange] rowGroups:[DimensionGroup]
  slicers:[any] tables:[any]
DimensionGroup: collapsed:bool depth:int range:DimensionRange
GridData: columnMetadata:[DimensionProperties] rowData:[RowData] rowMetadata:[DimensionProperties]
  startColumn:int startRow:int
GetSpreadsheetByDataFilterRequest: commentsViewMode:@CommentsViewMode dataFilters:[DataFilter]
  excludeTablesInBandedRanges:bool includeGridData:bool
ValueRange: majorDimension:@Dimension range:string values:[[any]]
BatchUpdateValuesRequest: data:[ValueRange] includeValuesInResponse:bool
  responseDateTimeRenderOption:@DateTimeRenderOption responseValueRenderOption:@ValueRenderOption
  valueInputOption:@ValueInputOption
ClearValuesRequest:
BatchClearValuesRequest: ranges:[string]
BatchGetValuesByDataFilterRequest: dataFilters:[DataFilter]
  dateTimeRenderOption:@DateTimeRenderOption majorDimension:@Dimension
  valueRenderOption:@ValueRenderOption
BatchUpdateValuesByDataFilterRequest: data:[DataFilterValueRange] includeValuesInResponse:bool
  responseDateTimeRenderOption:@DateTimeRenderOption responseValueRenderOption:@ValueRenderOption
  valueInputOption:@ValueInputOption
DataFilterValueRange: dataFilter:DataFilter majorDimension:@Dimension values:[[any]]
BatchClearValuesByDataFilterRequest: dataFilters:[DataFilter]
SearchDeveloperMetadataRequest: dataFilters:[DataFilter]
CopySheetToAnotherSpreadsheetRequest: destinationSpreadsheetId:string
BatchGetValuesResponse: spreadsheetId:string valueRanges:[ValueRange]
UpdateValuesResponse: spreadsheetId:string updatedCells:int updatedColumns:int
  updatedData:ValueRange updatedRange:string updatedRows:int
BatchUpdateValuesResponse: responses:[UpdateValuesResponse] spreadsheetId:string
  totalUpdatedCells:int totalUpdatedColumns:int totalUpdatedRows:int totalUpdatedSheets:int
AppendValuesResponse: spreadsheetId:string tableRange:string updates:UpdateValuesResponse
ClearValuesResponse: clearedRange:string spreadsheetId:string
BatchClearValuesResponse: clearedRanges:[string] spreadsheetId:string
BatchGetValuesByDataFilterResponse: spreadsheetId:string valueRanges:[MatchedValueRange]
MatchedValueRange: dataFilters:[DataFilter] valueRange:ValueRange
BatchUpdateValuesByDataFilterResponse: responses:[UpdateValuesByDataFilterResponse]
  spreadsheetId:string totalUpdatedCells:int totalUpdatedColumns:int totalUpdatedRows:int
  totalUpdatedSheets:int
UpdateValuesByDataFilterResponse: dataFilter:DataFilter updatedCells:int updatedColumns:int
  updatedData:ValueRange updatedRange:string updatedRows:int
BatchClearValuesByDataFilterResponse: clearedRanges:[string] spreadsheetId:string
SearchDeveloperMetadataResponse: matchedDeveloperMetadata:[MatchedDeveloperMetadata]
MatchedDeveloperMetadata: dataFilters:[DataFilter] developerMetadata:DeveloperMetadata
"""
