/** A property with more values on one day is not rolled up: its rollups would be as long as the events. */
export const propertyValuesMax = 1_000;
